using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Clip;

/// <summary>Token and position tables (transformers' <c>CLIPTextEmbeddings</c>), with learned tokens beyond the vocabulary.</summary>
internal sealed class ClipTextEmbeddings : Module<Tensor, Tensor?, Tensor>
{
    private readonly EmbeddingTable token_embedding;
    private readonly EmbeddingTable position_embedding;
    private readonly int _vocabulary;
    private readonly int _positions;

    /// <summary>Creates the tables without memory.</summary>
    public ClipTextEmbeddings(ClipTextConfig config)
        : base(nameof(ClipTextEmbeddings))
    {
        _vocabulary = config.VocabSize;
        _positions = config.MaxPositionEmbeddings;
        token_embedding = new EmbeddingTable(config.VocabSize, config.HiddenSize);
        position_embedding = new EmbeddingTable(config.MaxPositionEmbeddings, config.HiddenSize);
        RegisterComponents();
    }

    /// <summary>The token table, (vocabulary, width).</summary>
    public Tensor TokenTable => token_embedding.weight;

    /// <summary>
    /// ids (B, L) int64, learned vectors (rows, width) or null -> (B, L, width); the id vocabulary + j is row j of the learned vectors, which gradients
    /// reach.
    /// </summary>
    public override Tensor forward(Tensor ids, Tensor? learnedVectors)
    {
        using var scope = NewDisposeScope();
        long[] shape = ids.shape;
        Check(ids, shape, learnedVectors);
        var device = token_embedding.weight.device;
        var here = ids.to(device);
        var tokens = learnedVectors is null ? token_embedding.call(here) : Mixed(here, learnedVectors.to(token_embedding.weight.dtype, device));
        return tokens.Add(position_embedding.weight.narrow(0, 0, shape[1])).MoveToOuterDisposeScope();
    }

    // Joining the two tables would copy the whole vocabulary, 150 MB in SD 1.5, in every step; only the rows that occur are looked up in each.
    private Tensor Mixed(Tensor ids, Tensor learned)
    {
        long[] shape = ids.shape;
        var known = token_embedding.call(ids.Clamp(max: _vocabulary - 1));
        var rows = ids.Sub(_vocabulary).Clamp(min: 0).reshape(-1);
        var added = learned.index_select(0, rows).view(shape[0], shape[1], learned.shape[1]);
        return where(ids.Ge(_vocabulary).unsqueeze(-1), added, known);
    }

    private void Check(Tensor ids, long[] shape, Tensor? learned)
    {
        if (shape.Length != 2 || shape[1] < 1 || shape[1] > _positions || ids.dtype != ScalarType.Int64)
        {
            throw new ArgumentException($"Token ids must be int64 of (B, 1 to {_positions}), not {ids.dtype} of [{string.Join(", ", shape)}].", nameof(ids));
        }

        var width = token_embedding.weight.shape[1];
        if (learned is not null && (learned.dim() != 2 || learned.shape[0] < 1 || learned.shape[1] != width))
        {
            throw new ArgumentException($"Learned vectors must be (rows, {width}), not [{string.Join(", ", learned.shape)}].", nameof(learned));
        }

        // On a GPU the check would wait for all work before it; ids come from the tokenizer on the CPU anyway.
        if (ids.device_type == DeviceType.CPU && shape[0] > 0)
        {
            using var largest = ids.max();
            using var smallest = ids.min();
            var limit = _vocabulary + (learned?.shape[0] ?? 0);
            if (smallest.item<long>() < 0 || largest.item<long>() >= limit)
            {
                throw new ArgumentException($"Token ids must be from 0 to {limit - 1}, not {smallest.item<long>()} to {largest.item<long>()}.", nameof(ids));
            }
        }
    }
}
