using OrleansOneShot.Cli.Options;
using OrleansOneShot.Compute;

namespace OrleansOneShot.Cli.Tests.Options;

public sealed class ClusterOptionTests
{
    [Theory]
    [InlineData("redis://redis.local:7000", "redis.local:7000")]
    [InlineData("redis://127.0.0.1", "127.0.0.1:6379")]
    [InlineData("redis://127.0.0.1:7000/3", "defaultDatabase=3")]
    [InlineData("rediss://redis.local", "ssl=True")]
    public void Read_Address_IsInTheConnectionString(string text, string part) =>
        Assert.Contains(part, ClusterOption.Read(text, _ => null), StringComparison.Ordinal);

    [Theory]
    [InlineData("127.0.0.1:6379", "no Redis address")]
    [InlineData("http://127.0.0.1", "no Redis address")]
    [InlineData("", "no Redis address")]
    [InlineData("redis://", "no Redis address")]
    [InlineData("redis:///0", "no Redis address")]
    [InlineData("redis://127.0.0.1/x", "no number")]
    public void Read_OtherText_SaysTheForm(string text, string sentence)
    {
        var error = Assert.Throws<InvalidInputException>(() => ClusterOption.Read(text, _ => null));

        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.Contains("redis://HOST:PORT", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_PasswordInTheAddress_IsRefusedWithoutRepeatingIt()
    {
        var error = Assert.Throws<InvalidInputException>(() => ClusterOption.Read("redis://user:s3cret@host", _ => null));

        Assert.DoesNotContain("s3cret", error.Message + error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_PasswordOfTheEnvironment_IsTaken() =>
        Assert.Contains(
            "password=pa55word",
            ClusterOption.Read("redis://host", name => name == ClusterOption.PasswordVariable ? "pa55word" : null),
            StringComparison.Ordinal
        );

    [Fact]
    public void Read_PasswordFileThatIsMissing_SaysSo()
    {
        var error = Assert.Throws<InvalidInputException>(() =>
            ClusterOption.Read("redis://host", name => name.EndsWith("_FILE", StringComparison.Ordinal) ? "/nowhere/password" : null)
        );

        Assert.Contains("/nowhere/password", error.Message, StringComparison.Ordinal);
    }
}
