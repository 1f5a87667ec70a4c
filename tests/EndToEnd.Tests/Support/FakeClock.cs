namespace OrleansOneShot.EndToEnd.Tests.Support;

/// <summary>Environments of processes whose wall clock is wrong, by libfaketime; what they measure by is right.</summary>
internal static class FakeClock
{
    private static readonly string[] s_places =
    [
        "/usr/lib/x86_64-linux-gnu/faketime",
        "/usr/lib/aarch64-linux-gnu/faketime",
        "/usr/lib/faketime",
        "/usr/local/lib/faketime",
    ];

    /// <summary>A clock that is a number of seconds off, such as "+3600".</summary>
    public static IReadOnlyDictionary<string, string> Fixed(string seconds) => Create("FAKETIME", seconds);

    /// <summary>A clock that is as many seconds off as a file says, at any time.</summary>
    public static IReadOnlyDictionary<string, string> In(string file) => Create("FAKETIME_TIMESTAMP_FILE", file);

    private static Dictionary<string, string> Create(string variable, string value)
    {
        var library = s_places.Select(place => Path.Combine(place, "libfaketimeMT.so.1")).FirstOrDefault(File.Exists);
        if (library is null)
        {
            Assert.False(
                Environment.GetEnvironmentVariable("ONESHOT_REQUIRE_SERVERS") == "1",
                "faketime is not installed, and ONESHOT_REQUIRE_SERVERS asks for it."
            );
            Assert.Skip("faketime is not installed.");
        }

        return new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = library,
            [variable] = value,
            // Asked for at every look; a timer measures by the other clock.
            ["FAKETIME_NO_CACHE"] = "1",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            ["DONT_FAKE_MONOTONIC"] = "1",
        };
    }
}
