using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Clip;

/// <summary>Patches and positions of a picture, with the class embedding in front (transformers' <c>CLIPVisionEmbeddings</c>).</summary>
internal sealed class ClipVisionEmbeddings : Module<Tensor, Tensor>
{
    [ComponentName(Name = nameof(class_embedding))]
    private Parameter _class_embedding;
    private readonly Conv2d patch_embedding;
    private readonly EmbeddingTable position_embedding;

    /// <summary>Creates the layer without memory.</summary>
    public ClipVisionEmbeddings(ClipVisionConfig config)
        : base(nameof(ClipVisionEmbeddings))
    {
        _class_embedding = Blank.Parameter(config.HiddenSize);
        patch_embedding = Blank.Patches(config.NumChannels, config.HiddenSize, config.PatchSize);
        position_embedding = new EmbeddingTable(config.Positions, config.HiddenSize);
        RegisterComponents();
    }

    /// <summary>The state in front of the patches, (width).</summary>
    public Parameter class_embedding
    {
        get => _class_embedding;
        set
        {
            _class_embedding.Dispose();
            _class_embedding = value.Kept();
            ConditionallyRegisterParameter(nameof(class_embedding), _class_embedding);
        }
    }

    /// <summary>The element type of the weights.</summary>
    public ScalarType ComputeType => patch_embedding.weight.dtype;

    /// <summary>(B, 3, S, S) -> (B, 1 + patches, width).</summary>
    public override Tensor forward(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        var patches = patch_embedding.call(pixels).flatten(2).transpose(1, 2); // (B, patches, width)
        long[] shape = patches.shape;
        var joined = cat([_class_embedding.expand(shape[0], 1, shape[2]), patches], 1);
        return joined.Add(position_embedding.weight).MoveToOuterDisposeScope();
    }
}
