using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OrleansOneShot.Compute.Kernels;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Kernels;

/// <summary>
/// The kernels' ways on processors that this machine is none of: the runtime is told not to use instructions that it has, and runs the tests of the kernels and
/// the goldens of the models again in a process of its own. Without AVX2 it has what an Arm processor has, vectors of 128 bits: then libtorch's own operations
/// do the work.
/// </summary>
public sealed class OtherProcessorsTests
{
    private const string Marker = "ONESHOT_TEST_VECTORS";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData("256", "DOTNET_EnableAVX512")]
    [InlineData("128", "DOTNET_EnableAVX2")]
    public async Task Kernels_ProcessorWithShorterVectors_PassTheSameTests(string bits, string variable)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(Marker) is not null, "This is that process.");
        Assert.SkipUnless(Vector256.IsHardwareAccelerated, "This machine has no longer vectors.");
        string[] classes = [nameof(OtherProcessorsTests), nameof(ElementKernelTests), nameof(AttentionFunctionTests), nameof(ThreadTeamTests)];
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(OtherProcessorsTests).Assembly.Location);
        }

        foreach (
            var name in classes
                .Select(name => $"{typeof(OtherProcessorsTests).Namespace}.{name}")
                .Append(typeof(Models.Layers.AttentionKernelTests).FullName!)
                .Append(typeof(Models.UNet.UNetGoldenTests).FullName!)
        )
        {
            start.ArgumentList.Add("-class");
            start.ArgumentList.Add(name);
        }

        start.Environment[Marker] = bits;
        start.Environment[variable] = "0";
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(s_patience);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}\n{await output}\n{await error}");
            Assert.Contains("Failed: 0", await output, StringComparison.Ordinal);
            Assert.DoesNotContain("Total: 0", await output, StringComparison.Ordinal);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    // Also in the processes that the other test starts, which show by it that the runtime did as it was told.
    [Fact]
    public void Accepts_AnyProcessor_IsWhatItsVectorsAllow()
    {
        using var tensor = zeros(4, 4);
        Assert.Equal(Vector256.IsHardwareAccelerated, CpuTensor.Accepts(tensor));
        if (Environment.GetEnvironmentVariable(Marker) is not { } bits)
        {
            return;
        }

        Assert.False(Avx512BW.IsSupported);
        Assert.False(Brgemm.IsSupported(ScalarType.Float32));
        Assert.False(Brgemm.IsSupported(ScalarType.BFloat16));
        Assert.Equal(bits == "256", Vector256.IsHardwareAccelerated);
    }
}
