using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Dino;

/// <summary>Patches and positions of a picture, with the class token in front (transformers' <c>ViTEmbeddings</c> and <c>Dinov2Embeddings</c>).</summary>
internal sealed class DinoEmbeddings : Module<Tensor, Tensor>
{
    [ComponentName(Name = nameof(cls_token))]
    private Parameter _cls_token;

    [ComponentName(Name = nameof(position_embeddings))]
    private Parameter _position_embeddings;
    private readonly DinoPatchEmbeddings patch_embeddings;
    private readonly long _patch;

    /// <summary>Creates the layer without memory.</summary>
    public DinoEmbeddings(DinoConfig config)
        : base(nameof(DinoEmbeddings))
    {
        _patch = config.PatchSize;
        _cls_token = Blank.Parameter(1, 1, config.HiddenSize);
        _position_embeddings = Blank.Parameter(1, config.Positions, config.HiddenSize);
        patch_embeddings = new DinoPatchEmbeddings(config);
        RegisterComponents();
    }

    /// <summary>The state in front of the patches, (1, 1, width).</summary>
    public Parameter cls_token
    {
        get => _cls_token;
        set
        {
            _cls_token.Dispose();
            _cls_token = value.Kept();
            ConditionallyRegisterParameter(nameof(cls_token), _cls_token);
        }
    }

    /// <summary>The class token's position and those of the patches, (1, 1 + patches, width).</summary>
    public Parameter position_embeddings
    {
        get => _position_embeddings;
        set
        {
            _position_embeddings.Dispose();
            _position_embeddings = value.Kept();
            ConditionallyRegisterParameter(nameof(position_embeddings), _position_embeddings);
        }
    }

    /// <summary>(B, 3, H, W) -> (B, 1 + patches, width).</summary>
    public override Tensor forward(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        long[] size = pixels.shape;
        var patches = patch_embeddings.call(pixels); // (B, patches, width)
        long[] shape = patches.shape;
        var joined = cat([_cls_token.expand(shape[0], 1, shape[2]), patches], 1);
        return joined.Add(Positions(size[2] / _patch, size[3] / _patch)).MoveToOuterDisposeScope();
    }

    // DINOv2's table is of 518 pixels, its pictures of 224: the table is resized as a picture is.
    private Tensor Positions(long rows, long columns)
    {
        var table = _position_embeddings;
        long[] shape = table.shape;
        var side = (long)Math.Sqrt(shape[1] - 1);
        if (rows == side && columns == side)
        {
            return table;
        }

        var grid = table.narrow(1, 1, shape[1] - 1).reshape(1, side, side, shape[2]).permute(0, 3, 1, 2);
        var resized = functional.interpolate(grid, [rows, columns], mode: InterpolationMode.Bicubic, align_corners: false);
        return cat([table.narrow(1, 0, 1), resized.permute(0, 2, 3, 1).reshape(1, rows * columns, shape[2])], 1);
    }
}

/// <summary>The patches of a picture as vectors (transformers' <c>ViTPatchEmbeddings</c>).</summary>
internal sealed class DinoPatchEmbeddings : Module<Tensor, Tensor>
{
    private readonly Conv2d projection;

    /// <summary>Creates the layer without memory.</summary>
    public DinoPatchEmbeddings(DinoConfig config)
        : base(nameof(DinoPatchEmbeddings))
    {
        projection = Blank.Patches(config.NumChannels, config.HiddenSize, config.PatchSize, hasBias: true);
        RegisterComponents();
    }

    /// <summary>(B, 3, H, W) -> (B, patches, width).</summary>
    public override Tensor forward(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        return projection.call(pixels.to(projection.weight.dtype)).flatten(2).transpose(1, 2).MoveToOuterDisposeScope();
    }
}
