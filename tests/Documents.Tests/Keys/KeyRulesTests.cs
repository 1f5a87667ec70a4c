using System.Collections.Immutable;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Tests.Keys;

public sealed class KeyRulesTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Find_GoodKey_FindsNothing()
    {
        Assert.Empty(KeyRules.Find("ann", "laptop", KeyScopes.All, null, s_now));
        Assert.Empty(KeyRules.Find(new string('ä', 200), new string('a', 64), [KeyScopes.JobsRead], s_now.AddTicks(1), s_now));
    }

    [Fact]
    public void Find_EverythingWrong_NamesEachField() =>
        Assert.Equal(
            [
                new SettingProblem("owner", "owner is empty; it needs 1 to 200 characters."),
                new SettingProblem("name", "name is 'my key'; use 1 to 64 letters, digits, '-', '_' or '.', and begin with a letter or a digit."),
                new SettingProblem("scopes[1]", "scopes[1] is 'root'; use one of jobs:read, jobs:write, cluster:read, admin."),
                new SettingProblem("scopes[2]", "scopes[2] names admin again; leave it out."),
                new SettingProblem("expires", "expires is 2026-01-02T03:04:05.0000000+00:00; it must be later than now, 2026-01-02T03:04:05.0000000+00:00."),
            ],
            KeyRules.Find(" ", "my key", ["admin", "root", "admin"], s_now, s_now)
        );

    [Fact]
    public void Find_NoOrTooManyScopes_SaysWhatThereIs()
    {
        const string None = "scopes is empty; name one or more of jobs:read, jobs:write, cluster:read, admin.";
        Assert.Equal(None, Assert.Single(KeyRules.Find("ann", "a", [], null, s_now)).Message);
        Assert.Equal(None, Assert.Single(KeyRules.Find("ann", "a", default, null, s_now)).Message);
        Assert.Equal(
            "scopes names 5; name each of jobs:read, jobs:write, cluster:read, admin once at most.",
            Assert.Single(KeyRules.Find("ann", "a", [.. Enumerable.Repeat("admin", 5)], null, s_now)).Message
        );
        Assert.Equal("scopes[0]", Assert.Single(KeyRules.Find("ann", "a", ImmutableArray.Create((string)null!), null, s_now)).Field);
    }

    [Fact]
    public void IsLive_KeyInTime_IsUntilItExpiresOrIsRevoked()
    {
        var key = new KeyDocument
        {
            Id = "a",
            Name = "n",
            Owner = "ann",
            Scopes = KeyScopes.All,
            Created = s_now,
        };
        Assert.True(key.IsLive(DateTimeOffset.MaxValue));
        Assert.True((key with { Expires = s_now }).IsLive(s_now.AddTicks(-1)));
        Assert.False((key with { Expires = s_now }).IsLive(s_now));
        Assert.False((key with { Revoked = s_now }).IsLive(s_now));
    }
}
