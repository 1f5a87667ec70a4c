namespace OrleansOneShot.TestKit.Servers;

/// <summary>What a test does without a server that it needs.</summary>
public static class MissingServer
{
    /// <summary>Skips the running test, or fails it where servers are required (ONESHOT_REQUIRE_SERVERS is 1); doesn't return.</summary>
    /// <param name="message">What is missing, and how it is installed.</param>
    /// <returns>For <c>throw</c>.</returns>
    public static Exception SkipOrFail(string message)
    {
        Assert.False(IsRequired, message);
        Assert.Skip(message);
        return new InvalidOperationException(message);
    }

    private static bool IsRequired => Environment.GetEnvironmentVariable("ONESHOT_REQUIRE_SERVERS") == "1";
}
