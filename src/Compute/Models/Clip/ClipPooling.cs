using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Models.Clip;

/// <summary>One vector of a text's states.</summary>
public static class ClipPooling
{
    /// <summary>The state at the first end token, found by its id. The method pools this way: learned tokens have larger ids than the end token.</summary>
    /// <param name="hidden">States, (B, L, width).</param>
    /// <param name="ids">Token ids, (B, L) int64; every row holds the end token.</param>
    /// <param name="eosId">The tokenizer's end token.</param>
    /// <returns>(B, width), in the caller's dispose scope.</returns>
    public static Tensor AtFirst(Tensor hidden, Tensor ids, long eosId)
    {
        using var scope = NewDisposeScope();
        return At(hidden, ids.Eq(eosId).to(ScalarType.Int32).argmax(-1)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The state at the largest id: transformers' <c>pooler_output</c> when <c>eos_token_id</c> is 2. With learned tokens that is one of theirs.
    /// </summary>
    /// <param name="hidden">States, (B, L, width).</param>
    /// <param name="ids">Token ids, (B, L) int64.</param>
    /// <returns>(B, width), in the caller's dispose scope.</returns>
    public static Tensor AtLargest(Tensor hidden, Tensor ids)
    {
        using var scope = NewDisposeScope();
        return At(hidden, ids.argmax(-1)).MoveToOuterDisposeScope();
    }

    private static Tensor At(Tensor hidden, Tensor positions)
    {
        long[] shape = hidden.shape;
        return hidden.gather(1, positions.to(hidden.device).view(-1, 1, 1).expand(shape[0], 1, shape[2])).squeeze(1);
    }
}
