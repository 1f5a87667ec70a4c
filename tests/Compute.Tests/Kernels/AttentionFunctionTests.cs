using OrleansOneShot.Compute.Kernels;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Tests.Kernels;

public sealed class AttentionFunctionTests
{
    // Several tiles of queries and keys, tiles that are not full, an odd number of keys, fewer queries than lanes, heads that are no whole vectors.
    public static TheoryData<int, int, int, int, ScalarType> Cases { get; } = MakeCases();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Apply_AnySize_EqualsTorchInFloat64(int queries, int keys, int heads, int size, ScalarType type)
    {
        Assert.SkipUnless(Brgemm.IsSupported(type), "This machine has no such instructions.");
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor Random(long rows, double spread) => randn([2, rows, heads * size], generator: generator).Mul(spread).to(type);
        Tensor query = Random(queries, 2).requires_grad_(),
            key = Random(keys, 1).requires_grad_(),
            value = Random(keys, 1).requires_grad_(),
            gradient = Random(queries, 1);
        Assert.True(AttentionFunction.Accepts(query, key, value, heads));
        var actual = AttentionFunction.Apply(query, key, value, heads);
        actual.backward([gradient]);

        Tensor[] exact = [.. new[] { query, key, value }.Select(t => t.detach().to(ScalarType.Float64).requires_grad_())];
        var split = exact.Select(t => t.view(2, -1, heads, size).transpose(1, 2)).ToArray();
        var scores = split[0].reshape(-1, queries, size).bmm(split[1].reshape(-1, keys, size).transpose(1, 2)).Div(Math.Sqrt(size));
        var expected = scores.softmax(-1).bmm(split[2].reshape(-1, keys, size)).view(2, heads, queries, size).transpose(1, 2).reshape(2, queries, heads * size);
        expected.backward([gradient.to(ScalarType.Float64)]);

        // bfloat16: weights and gradients of scores are rounded to 8 bits before their products, as libtorch does it.
        var tolerance = type == ScalarType.BFloat16 ? 2e-2 : 3e-6;
        Golden.AssertClose(actual, expected.detach(), tolerance, "output");
        foreach (var (name, leaf, reference) in new[] { ("query", query, exact[0]), ("key", key, exact[1]), ("value", value, exact[2]) })
        {
            Golden.AssertClose(leaf.grad!, reference.grad!, tolerance, name);
        }

        using var guard = no_grad();
        Assert.Equal(0, Golden.Deviation(AttentionFunction.Apply(query, key, value, heads), actual.detach()));
    }

    [Fact]
    public void Apply_Bfloat16_IsAsCloseAsTorchsOwn()
    {
        Assert.SkipUnless(Brgemm.IsSupported(ScalarType.BFloat16), "This machine has no such instructions.");
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        const int Heads = 4,
            Size = 40,
            Rows = 700;
        Tensor[] Inputs() => [.. Enumerable.Range(0, 4).Select(_ => randn([1, Rows, Heads * Size], generator: generator).Mul(2).to(ScalarType.BFloat16))];
        var inputs = Inputs();
        (Tensor Output, Tensor[] Gradients) Run(Func<Tensor[], Tensor> attention, ScalarType type)
        {
            Tensor[] leaves = [.. inputs[..3].Select(t => t.detach().to(type).clone().requires_grad_())];
            var output = attention(leaves);
            output.backward([inputs[3].to(type)]);
            return (output.detach(), [.. leaves.Select(l => l.grad!)]);
        }

        Tensor Fused(Tensor[] t)
        {
            var split = t.Select(x => x.view(1, Rows, Heads, Size).transpose(1, 2)).ToArray();
            return functional.scaled_dot_product_attention(split[0], split[1], split[2]).transpose(1, 2).reshape(1, Rows, Heads * Size);
        }

        var exact = Run(Fused, ScalarType.Float64);
        var torchs = Run(Fused, ScalarType.BFloat16);
        var ours = Run(t => AttentionFunction.Apply(t[0], t[1], t[2], Heads), ScalarType.BFloat16);
        Assert.True(Golden.RelativeDeviation(ours.Output, exact.Output) <= 1.5 * Golden.RelativeDeviation(torchs.Output, exact.Output));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(
                Golden.RelativeDeviation(ours.Gradients[i], exact.Gradients[i]) <= 1.5 * Golden.RelativeDeviation(torchs.Gradients[i], exact.Gradients[i])
            );
        }
    }

    [Fact]
    public void Apply_ManyTimes_LeavesNoTensorBehind()
    {
        Assert.SkipUnless(Brgemm.IsSupported(ScalarType.Float32), "This machine has no such instructions.");
        using var x = ones(1, 8, 16).requires_grad_();
        long Once()
        {
            using (var scope = NewDisposeScope())
            {
                AttentionFunction.Apply(x, x, x, 2).sum().backward();
                AttentionFunction.Apply(x.detach(), x.detach(), x.detach(), 2);
            }

            return TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        }

        Assert.Equal(Once(), Once());
    }

    private static TheoryData<int, int, int, int, ScalarType> MakeCases()
    {
        var cases = new TheoryData<int, int, int, int, ScalarType>();
        foreach (var type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            foreach (
                var (queries, keys, heads, size) in new[]
                {
                    (200, 1100, 2, 40),
                    (64, 512, 4, 16),
                    (1, 1, 2, 8),
                    (130, 77, 4, 64),
                    (7, 5, 8, 80),
                    (1100, 513, 2, 24),
                }
            )
            {
                cases.Add(queries, keys, heads, size, type);
            }
        }

        return cases;
    }
}
