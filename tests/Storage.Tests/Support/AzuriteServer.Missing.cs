namespace OrleansOneShot.Storage.Tests.Support;

public sealed partial class AzuriteServer
{
    /// <summary>Skips the test, or fails it where servers are required; doesn't return.</summary>
    public static Exception SkipOrFail()
    {
        OnMissing();
        return new InvalidOperationException(Missing);
    }

    static partial void OnMissing()
    {
        Assert.False(Environment.GetEnvironmentVariable("ONESHOT_REQUIRE_SERVERS") == "1", Missing);
        Assert.Skip(Missing);
    }
}
