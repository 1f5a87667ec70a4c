using OrleansOneShot.Compute.Autograd;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Kernels;

/// <summary>Attention by <see cref="AttentionForward"/> and <see cref="AttentionBackward"/>, as a node of autograd.</summary>
internal sealed class AttentionFunction : autograd.SingleTensorFunction<AttentionFunction>
{
    private const string StateKey = "state";
    private const int LargestSize = 512;

    /// <inheritdoc/>
    public override string Name => nameof(AttentionFunction);

    /// <summary>
    /// Whether the kernels take these tensors: dense, on a CPU that has fast small products and, where gradients are wanted, as many heads as there are threads
    /// (a head's way back is one thread's work).
    /// </summary>
    /// <param name="query">(B, N, heads x d).</param>
    /// <param name="key">(B, M, heads x d).</param>
    /// <param name="value">(B, M, heads x d).</param>
    /// <param name="heads">Number of heads.</param>
    public static bool Accepts(Tensor query, Tensor key, Tensor value, long heads)
    {
        if (!Brgemm.IsSupported(query.dtype) || !CpuTensor.Accepts(query) || !CpuTensor.Accepts(key) || !CpuTensor.Accepts(value))
        {
            return false;
        }

        var sizes = AttentionSizes.Of(query, key, heads);
        return sizes.Size % 2 == 0 && sizes.Size <= LargestSize && (!IsRecorded(query, key, value) || sizes.Batch * sizes.Heads >= get_num_threads());
    }

    /// <summary>softmax(Q K^T / sqrt(d)) V of tensors that <see cref="Accepts"/> takes: (B, N, heads x d).</summary>
    public static Tensor Apply(Tensor query, Tensor key, Tensor value, long heads)
    {
        if (!IsRecorded(query, key, value))
        {
            var output = empty_like(query);
            AttentionForward.Run(query, key, value, heads, output, null);
            return output;
        }

        using var scope = NewDisposeScope();
        return apply(query, key, value, heads).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (query, key, value, heads) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (long)vars[3]);
        using var scope = NewDisposeScope();
        var output = empty_like(query);
        var logSums = empty([query.shape[0], heads, query.shape[1]]);
        AttentionForward.Run(query, key, value, heads, output, logSums);
        ctx.save_data(StateKey, new Saved(heads, [.. new[] { query, key, value, output, logSums }.Select(t => new SavedTensor(t))]));
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var saved = (Saved)ctx.get_data(StateKey);
        using var incoming = grad_output;
        Tensor query = saved.Tensors[0].Value,
            key = saved.Tensors[1].Value,
            value = saved.Tensors[2].Value;
        Tensor ofQuery = empty_like(query),
            ofKey = empty_like(key),
            ofValue = empty_like(value);
        AttentionBackward.Run(query, key, value, saved.Tensors[3].Value, saved.Tensors[4].Value, incoming.contiguous(), saved.Heads, ofQuery, ofKey, ofValue);
        return GradientHandover.Return(ofQuery, ofKey, ofValue, null);
    }

    private static bool IsRecorded(Tensor query, Tensor key, Tensor value) =>
        is_grad_enabled() && (query.requires_grad || key.requires_grad || value.requires_grad);

    private sealed record Saved(long Heads, SavedTensor[] Tensors) : IDisposable
    {
        public void Dispose()
        {
            foreach (var tensor in Tensors)
            {
                tensor.Dispose();
            }
        }
    }
}
