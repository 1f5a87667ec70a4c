using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Models.Layers;

public sealed class AttentionKernelTests
{
    private static Tensor Random(Generator generator, params long[] shape) => randn(shape, generator: generator);

    private static Tensor Reference(Tensor q, Tensor k, Tensor v, long heads)
    {
        // (B, N, heads d) as written in the textbook, in float64.
        Tensor Split(Tensor x) => x.to(ScalarType.Float64).view(x.shape[0], x.shape[1], heads, -1);
        var scores = einsum("bnhd,bmhd->bhnm", Split(q), Split(k)).Div(Math.Sqrt(q.shape[2] / (double)heads));
        return einsum("bhnm,bmhd->bnhd", scores.softmax(-1), Split(v)).reshape(q.shape[0], q.shape[1], q.shape[2]);
    }

    [Theory]
    [InlineData(ScalarType.Float32, 64, 64, 1e-5)]
    [InlineData(ScalarType.Float32, 70, 9, 1e-5)]
    [InlineData(ScalarType.BFloat16, 64, 64, 3e-2)]
    [InlineData(ScalarType.BFloat16, 70, 9, 3e-2)]
    [InlineData(ScalarType.BFloat16, 16, 1100, 3e-2)]
    public void Attend_AnyKernel_AgreesWithTheDefinitionInValuesAndGradients(ScalarType type, long queries, long keys, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7, CPU);
        var q = Random(generator, 2, queries, 24).to(type).requires_grad_(true);
        var k = Random(generator, 2, keys, 24).to(type).requires_grad_(true);
        var v = Random(generator, 2, keys, 24).to(type).requires_grad_(true);
        var weight = Random(generator, 2, queries, 24);

        var result = AttentionKernel.Attend(q, k, v, heads: 3);
        result.to(ScalarType.Float32).mul(weight).sum().backward();
        Tensor[] gradients = [q.grad!.clone(), k.grad!.clone(), v.grad!.clone()];
        q.grad!.zero_();
        k.grad!.zero_();
        v.grad!.zero_();
        var expected = Reference(q, k, v, 3);
        expected.mul(weight).sum().backward();

        Golden.AssertClose(result, expected.detach(), tolerance, "attention");
        Golden.AssertClose(gradients[0], q.grad!, tolerance, "gradient of q");
        Golden.AssertClose(gradients[1], k.grad!, tolerance, "gradient of k");
        Golden.AssertClose(gradients[2], v.grad!, tolerance, "gradient of v");
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Attend_Causal_SeesNothingBehindItself(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7, CPU);
        var x = Random(generator, 1, 6, 8).to(type);
        var changed = x.clone();
        changed[0, 5].FillInPlace(9);

        var before = AttentionKernel.Attend(x, x, x, heads: 2, causal: true);
        var after = AttentionKernel.Attend(changed, changed, changed, heads: 2, causal: true);

        Assert.Equal(0, Golden.Deviation(after.narrow(1, 0, 5), before.narrow(1, 0, 5)));
        Assert.True(Golden.Deviation(after, before) > 0.1);
    }
}
