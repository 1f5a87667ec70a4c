using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Compute;

namespace OrleansOneShot.Cli.Tests.Options;

/// <summary>A secret that was put into an address, or where an address belongs, is never repeated.</summary>
public sealed class SecretTests
{
    private const string Secret = "s3cr3t";

    private static readonly string[] s_forms =
    [
        "http://user:s3cr3t@host",
        "redis://:s3cr3t@host",
        "redis://user:s3cr3t@host?password=s3cr3t",
        "redis://host?password=s3cr3t",
        "redis://host/0?password=s3cr3t",
        "redis://host#s3cr3t",
        "redis://user%3As3cr3t%40host",
        "redis://user:a/s3cr3t@host",
        "redis://user:a?s3cr3t@host",
        "redis://host/s3cr3t",
        "redis://host/user:s3cr3t@x",
        "host:6379,password=s3cr3t",
        "s3cr3t",
        "user:s3cr3t",
        "user:s3cr3t@host",
        "redis://user:%73%33cr3t@host",
        "https://host/x?sig=s3cr3t",
        "https://host/s3cr3t/x?token=s3cr3t",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=s3cr3t",
        "redis:s3cr3t",
        "rediss://user:s3cr3t@[::1]:1",
        "unix:///s3cr3t@x",
        "redis://user:s3cr3t@host:notaport",
    ];

    // Each is refused before anything is connected to.
    private static readonly Dictionary<string, Func<string, string[]>> s_places = new()
    {
        ["--cluster of jobs list"] = form => ["jobs", "list", "--cluster", form],
        ["--cluster of jobs show"] = form => ["jobs", "show", "20260101-000000-abcd", "--cluster", form],
        ["--cluster of implant"] = form =>
            ["implant", "--image", Repository.Sample("cat.png"), "--mask", Repository.Sample("cat-mask.png"), "--class", "cat", "--cluster", form],
        ["--cluster of serve"] = form => ["serve", "--cluster", form],
        ["--cluster, as JSON"] = form => ["cluster", "silos", "--cluster", form, "--format", "json"],
        ["--cluster=, joined"] = form => ["jobs", "list", $"--cluster={form}"],
    };

    // Whole words that are no secret to the parser, so the form must show that it is one.
    private static readonly Dictionary<string, Func<string, string[]>> s_wrongPlaces = new()
    {
        ["an argument too many"] = form => ["jobs", "list", form],
        ["an option that is not there"] = form => ["doctor", $"--clustr={form}"],
        ["--model"] = form =>
            ["implant", "--image", Repository.Sample("cat.png"), "--mask", Repository.Sample("cat-mask.png"), "--class", "cat", "--model", form],
        ["--base-url of models pull"] = form => ["models", "pull", "a/b", "--base-url", form],
    };

    private static readonly string[] s_plainlySecret =
    [
        "http://user:s3cr3t@host",
        "redis://:s3cr3t@host",
        "redis://user:s3cr3t@host?password=s3cr3t",
        "http://user%3As3cr3t%40host",
        "https://host/x?sig=s3cr3t",
        "host:6379,password=s3cr3t",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=s3cr3t",
    ];

    public static TheoryData<string> PlaceNames => [.. s_places.Keys];

    public static TheoryData<string> WrongPlaceNames => [.. s_wrongPlaces.Keys];

    [Theory]
    [MemberData(nameof(PlaceNames))]
    public async Task Run_SecretInTheAddressOfACluster_IsNotRepeated(string place)
    {
        foreach (var form in s_forms)
        {
            var run = await CliRun.RunAsync(s_places[place](form));
            Assert.True(run.ExitCode == 2, $"{form}: exit code {run.ExitCode}, {run.Error}");
            Assert.DoesNotContain("3cr3t", run.Output + run.Error, StringComparison.Ordinal);
            Assert.Contains("cluster", run.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(WrongPlaceNames))]
    public async Task Run_SecretInTheWrongPlace_IsNotRepeated(string place)
    {
        foreach (var form in s_plainlySecret)
        {
            var run = await CliRun.RunAsync(s_wrongPlaces[place](form));
            Assert.True(run.ExitCode == 2, $"{form}: exit code {run.ExitCode}, {run.Error}");
            Assert.DoesNotContain(Secret, run.Output + run.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("http://user:s3cr3t@host", "--cluster is no Redis address.")]
    [InlineData("http://host:80/x", "--cluster 'http://host:80/...' is no Redis address.")]
    [InlineData("redis://user%3As3cr3t%40host", "--cluster is no Redis address.")]
    [InlineData(
        "redis://:s3cr3t@host",
        "--cluster holds more than an address: a user, a password or settings, which every process of this machine could read."
    )]
    [InlineData(
        "redis://host?password=s3cr3t",
        "--cluster holds more than an address: a user, a password or settings, which every process of this machine could read."
    )]
    [InlineData("redis://host/s3cr3t", "--cluster names a database that is no number from 0 to 10,000.")]
    public void Read_Secret_SaysWhatIsWrong(string text, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<InvalidInputException>(() => ClusterOption.Read(text, _ => null)).Message);

    [Fact]
    public void Read_PasswordWithAComma_IsRefusedWithoutRepeatingIt()
    {
        var error = Assert.Throws<InvalidInputException>(() =>
            ClusterOption.Read("redis://host", name => name == ClusterOption.PasswordVariable ? "s3cr3t,s3cr3t-too" : null)
        );
        Assert.Equal("The password of Redis holds a comma, which can't be passed on.", error.Message);
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_PasswordOfTheEnvironment_IsHiddenInEveryMessage()
    {
        const string Password = "corr3ct horse";
        Assert.Contains(
            $"password={Password}",
            ClusterOption.Read("redis://host", name => name == ClusterOption.PasswordVariable ? Password : null),
            StringComparison.Ordinal
        );
        var run = await CliRun.RunAsync("jobs", "list", Password);
        Assert.DoesNotContain("corr3ct", run.Error, StringComparison.Ordinal);
    }
}
