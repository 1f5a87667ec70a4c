using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Tests.Support;

namespace OrleansOneShot.Cli.Tests.Options;

public sealed class WebhookOptionTests
{
    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("http://hooks.internal")]
    [InlineData("")]
    public async Task Serve_NoSuchHost_EndsWith2AndSaysWhatToGive(string entry)
    {
        var run = await CliRun.RunAsync("serve", "--webhook-allow", "10.0.0.0/8", "--webhook-allow", entry);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.StartsWith(
            $"--webhook-allow is '{entry}'; give an address such as 10.0.0.5, a network such as 10.0.0.0/8, or the name of a host.",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Resolve_GivenTwice_TakesBoth()
    {
        var command = new Command("serve");
        var option = new WebhookOption();
        option.AddTo(command);
        Assert.Equal(["10.0.0.0/8", "hooks.internal"], option.Resolve(command.Parse(["--webhook-allow", "10.0.0.0/8", "--webhook-allow", "hooks.internal"])));
        Assert.Empty(option.Resolve(command.Parse([])));
    }
}
