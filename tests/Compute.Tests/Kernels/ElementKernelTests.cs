using System.Runtime.Intrinsics;
using OrleansOneShot.Compute.Kernels;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Tests.Kernels;

public sealed class ElementKernelTests
{
    // Whole vectors, a rest, fewer than a vector, and enough for two threads.
    public static TheoryData<long, ScalarType> Sizes { get; } =
        new MatrixTheoryData<long, ScalarType>([1, 15, 16, 77, 100_003], [ScalarType.Float32, ScalarType.BFloat16]);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Silu_AnySize_EqualsTorchInValueAndGradient(long size, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var x = Values([size]).to(type);
        var gradient = Values([size], seed: 2).to(type);
        var (expected, expectedGradient) = Reference(x, gradient, t => functional.silu(t));
        var leaf = x.detach().clone().requires_grad_();
        var actual = SiluFunction.Apply(leaf);
        actual.backward([gradient]);
        AssertClose(actual, expected, "value");
        AssertClose(leaf.grad!, expectedGradient, "gradient");

        SiluKernel.Forward(x, x);
        AssertClose(x, expected, "in place");
    }

    [Theory]
    [InlineData(1, ScalarType.Float32)]
    [InlineData(1, ScalarType.BFloat16)]
    [InlineData(700, ScalarType.Float32)]
    [InlineData(700, ScalarType.BFloat16)]
    public void Geglu_AnyRows_EqualsTorchInValueAndGradient(long rows, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var x = Values([rows, 3, 2 * 48]).to(type);
        var gradient = Values([rows, 3, 48], seed: 2).to(type);
        var (expected, expectedGradient) = Reference(
            x,
            gradient,
            t =>
            {
                var halves = t.chunk(2, -1);
                return halves[0] * functional.gelu(halves[1]);
            }
        );
        var leaf = x.detach().clone().requires_grad_();
        var actual = GegluFunction.Apply(leaf);
        actual.backward([gradient]);
        AssertClose(actual, expected, "value");
        AssertClose(leaf.grad!, expectedGradient, "gradient");
    }

    [Fact]
    public void Backward_GradientThatIsNotContiguous_IsReadAsItStands()
    {
        using var scope = NewDisposeScope();
        var x = Values([32, 32]).requires_grad_();
        var gradient = Values([32, 32], seed: 2).t();
        var (_, expected) = Reference(x, gradient, t => functional.silu(t));
        SiluFunction.Apply(x).backward([gradient]);
        AssertClose(x.grad!, expected, "gradient");
    }

    [Fact]
    public void Forward_NotANumber_StaysNotANumber()
    {
        using var scope = NewDisposeScope();
        foreach (var type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            var x = TensorMath.Full([32], double.NaN).to(type);
            Assert.True(SiluFunction.Apply(x).isnan().all().item<bool>());
            Assert.True(GegluFunction.Apply(x).isnan().all().item<bool>());
        }
    }

    [Fact]
    public void Accepts_WhatIsNotDenseOnTheCpu_IsRefused()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(Vector256.IsHardwareAccelerated, CpuTensor.Accepts(zeros(4, 4)));
        Assert.False(CpuTensor.Accepts(zeros(4, 4).t()[1..]));
        Assert.False(CpuTensor.Accepts(zeros(4, ScalarType.Float64)));
        Assert.False(CpuTensor.Accepts(zeros(0)));
        Assert.False(CpuTensor.Accepts(zeros(4, device: META)));
    }

    [Fact]
    public void Apply_ManyTimes_LeavesNoTensorBehind()
    {
        using var x = Values([64]).requires_grad_();
        void Once()
        {
            using var scope = NewDisposeScope();
            GegluFunction.Apply(SiluFunction.Apply(x)).sum().backward();
            GegluFunction.Apply(SiluFunction.Apply(x.detach()));
            using var guard = no_grad();
            GegluFunction.Apply(SiluFunction.Apply(x));
        }

        Once();
        var before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 5; i++)
        {
            Once();
        }

        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    // Ordinary values, and the far ends.
    private static Tensor Values(long[] shape, ulong seed = 1)
    {
        using var generator = new Generator(seed);
        var x = randn(shape, generator: generator).Mul(3);
        var flat = x.view(-1);
        flat[0] = -100;
        flat[flat.numel() - 1] = 60;
        return x;
    }

    private static (Tensor Value, Tensor Gradient) Reference(Tensor x, Tensor gradient, Func<Tensor, Tensor> function)
    {
        var leaf = x.detach().to(ScalarType.Float64).requires_grad_();
        var value = function(leaf);
        value.backward([gradient.to(ScalarType.Float64)]);
        return (value.detach(), leaf.grad!);
    }

    // bfloat16 keeps 8 bits.
    private static void AssertClose(Tensor actual, Tensor expected, string what) =>
        Golden.AssertClose(actual, expected, actual.dtype == ScalarType.BFloat16 ? 4e-3 : 1e-6, what);
}
