using OrleansOneShot.Compute.Kernels;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Models.Layers;

/// <summary>Multi-head attention over projected queries, keys and values, by the kernel that suits size and element type.</summary>
internal static class AttentionKernel
{
    // Measured at Stable Diffusion's sizes, forward and backward, on one core with AVX-512 (ms): 4,096 tokens and heads of 40 in bfloat16: own kernels 197 +
    // 365, libtorch's fused kernel 371 + 690; in float32 303 + 617 against 338 + 874. 1,024 tokens and heads of 80 in bfloat16: own 23 + 45, plain products 25
    // + 40 with 16 MB more to keep.

    /// <summary>From this many keys on, the own kernels are the fastest where the machine has them.</summary>
    private const long KernelKeys = 512;

    /// <summary>In bfloat16 on a CPU, plain products with a softmax between them beat libtorch's fused kernel up to about this many keys.</summary>
    private const long PlainKeys = 1024;

    /// <summary>softmax(Q K^T / sqrt(d)) V per head.</summary>
    /// <param name="query">(B, N, heads x d).</param>
    /// <param name="key">(B, M, heads x d).</param>
    /// <param name="value">(B, M, heads x d).</param>
    /// <param name="heads">Number of heads; divides the last dimension.</param>
    /// <param name="causal">Whether position i sees only the positions up to i.</param>
    /// <returns>(B, N, heads x d).</returns>
    public static Tensor Attend(Tensor query, Tensor key, Tensor value, long heads, bool causal = false)
    {
        long[] shape = query.shape;
        long batch = shape[0],
            queries = shape[1],
            width = shape[2],
            keys = key.shape[1];
        if (!causal && keys >= KernelKeys && AttentionFunction.Accepts(query, key, value, heads))
        {
            return AttentionFunction.Apply(query, key, value, heads);
        }

        using var scope = NewDisposeScope();
        var q = query.view(batch, queries, heads, width / heads).transpose(1, 2); // (B, heads, N, d)
        var k = key.view(batch, keys, heads, width / heads).transpose(1, 2);
        var v = value.view(batch, keys, heads, width / heads).transpose(1, 2);
        var usePlain = !causal && keys <= PlainKeys && query.dtype == ScalarType.BFloat16 && query.device_type == TorchSharp.DeviceType.CPU;
        var mixed = usePlain ? Plain(q, k, v) : nn.functional.scaled_dot_product_attention(q, k, v, is_casual: causal);
        return mixed.transpose(1, 2).reshape(batch, queries, width).MoveToOuterDisposeScope();
    }

    /// <summary>(B, heads, N, d), (B, heads, M, d) twice -> (B, heads, N, d) by batched products.</summary>
    private static Tensor Plain(Tensor q, Tensor k, Tensor v)
    {
        long[] shape = q.shape;
        var size = shape[3];
        // Scaling the queries touches d values a row; scaling the scores would touch M.
        var scores = bmm(q.Mul(1 / Math.Sqrt(size)).reshape(-1, shape[2], size), k.reshape(-1, k.shape[2], size).transpose(1, 2)); // (B heads, N, M)
        return bmm(scores.softmax(-1), v.reshape(-1, v.shape[2], size)).view(shape);
    }
}
