using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Silo.Hosting;

namespace OrleansOneShot.Cli.Tests.Options;

public sealed class HealthOptionsTests
{
    [Fact]
    public void Defaults_AreTheDocumentedOnes() => Assert.Equal((1L << 30, 2), (new SiloHealthOptions().MinFreeBytes, new SiloHealthOptions().MaxFaultySilos));

    [Theory]
    [InlineData("--min-free", "-1", "--min-free must be a whole number from 0 to 16777216, but is '-1'.")]
    [InlineData("--max-faulty-silos", "0", "--max-faulty-silos must be a whole number from 1 to 100, but is '0'.")]
    public async Task Serve_BadNumber_EndsWith2(string option, string value, string message)
    {
        var run = await CliRun.RunAsync("serve", "--cluster", "redis://127.0.0.1:1", option, value);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.StartsWith(message + Environment.NewLine, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--min-free")]
    [InlineData("--max-faulty-silos")]
    public async Task Serve_WithoutACluster_IsRefused(string option)
    {
        using var folder = new TestFolder();
        var run = await CliRun.RunAsync("serve", "--data", folder["data"], option, "2");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.StartsWith($"{option} is for silos of a cluster: give --cluster as well;", run.Error, StringComparison.Ordinal);
    }
}
