using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Tests.Support;

namespace OrleansOneShot.Cli.Tests.Options;

/// <summary>Where jobs are, said in ways that can't be.</summary>
public sealed class SessionOptionsTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public static TheoryData<string[], string, string> Refused =>
        new()
        {
            { ["--server", "http://127.0.0.1:1", "--cluster", "redis://127.0.0.1:1"], "server", "two places" },
            { ["--server", "nonsense"], "server", "--server is no address of a server" },
            { ["--server", "ftp://127.0.0.1"], "server", "'ftp://127.0.0.1' is no address" },
            { ["--server", "http://me:geheim-genug@127.0.0.1:1"], "server", "more than an address" },
            { ["--server", "http://127.0.0.1:1/?token=geheim-genug"], "server", "more than an address" },
            { ["--key-file", "key"], "key-file", "none was given" },
            { ["--server", "http://127.0.0.1:1", "--key-file", "/nowhere/key"], "key-file", "can't be read" },
        };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Server_ThatCannotBe_IsToldByItsField(string[] options, string field, string says)
    {
        var run = await CliRun.RunAsync(["jobs", "list", "--data", _folder["data"], .. options, "--format", "json"]);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Equal(field, (string?)run.Document["error"]!["field"]);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", run.Error + run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("=text")]
    [InlineData("a b=text")]
    [InlineData("a=1", "a=2")]
    public async Task Metadata_ThatCannotBe_IsTold(params string[] pairs)
    {
        var run = await CliRun.RunAsync([
            "jobs",
            "list",
            "--data",
            _folder["data"],
            .. pairs.SelectMany(pair => new[] { "--metadata", pair }),
            "--format",
            "json",
        ]);

        Assert.Equal((ExitCode.BadInput, "metadata"), (run.ExitCode, (string?)run.Document["error"]!["field"]));
    }

    [Theory]
    [InlineData("http://0.0.0.0:1", true)]
    [InlineData("https://0.0.0.0:1", false)]
    [InlineData("http://127.0.0.1:1", false)]
    public async Task Key_ThatCanBeReadOnItsWay_IsWarnedOfOnce(string server, bool warns)
    {
        var key = _folder.Write("key", System.Text.Encoding.UTF8.GetBytes(Documents.Keys.ApiKey.Create().Text));

        var run = await CliRun.RunAsync("jobs", "list", "--server", server, "--key-file", key);

        Assert.Equal(ExitCode.NotReachable, run.ExitCode);
        Assert.Equal(warns ? 1 : 0, run.Error.Split("without encryption").Length - 1);
        Assert.DoesNotContain("os1_", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_ThatIsNotThere_EndsWith4()
    {
        var run = await CliRun.RunAsync("jobs", "list", "--server", "http://127.0.0.1:1", "--format", "json");

        Assert.Equal((ExitCode.NotReachable, "unavailable"), (run.ExitCode, (string?)run.Document["error"]!["code"]));
    }

    [Fact]
    public async Task Implant_ModelByPathForAServer_IsRefused()
    {
        var run = await CliRun.RunAsync(
            "implant",
            "--image",
            Repository.Sample("cat.png"),
            "--mask",
            Repository.Sample("cat-mask.png"),
            "--class",
            "cat",
            "--model",
            Repository.TinyModel,
            "--server",
            "http://127.0.0.1:1",
            "--format",
            "json"
        );

        Assert.Equal((ExitCode.BadInput, "model"), (run.ExitCode, (string?)run.Document["error"]!["field"]));
        Assert.Contains("by name alone", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
