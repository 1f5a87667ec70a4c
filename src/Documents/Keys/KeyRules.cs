using System.Collections.Immutable;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Keys;

/// <summary>What a key may be like.</summary>
public static class KeyRules
{
    /// <summary>Owner of the first key, which the operator gives.</summary>
    public const string BootstrapOwner = "admin";

    /// <summary>Live keys of an owner: the one in use, and the one that is to replace it.</summary>
    public const int LivePerOwner = 2;

    /// <summary>Most keys that are remembered.</summary>
    public const int MostKeys = 10_000;

    /// <summary>Finds what is wrong with a key that is to be made.</summary>
    /// <param name="owner">Its owner.</param>
    /// <param name="name">Its name.</param>
    /// <param name="scopes">What it allows.</param>
    /// <param name="expires">From when on it is refused; null: never.</param>
    /// <param name="now">The time.</param>
    /// <returns>The problems, in the order of the fields.</returns>
    public static IEnumerable<SettingProblem> Find(string? owner, string? name, ImmutableArray<string> scopes, DateTimeOffset? expires, DateTimeOffset now) =>
        [
            .. RequestValidator.FindInText("owner", owner, TextRules.Owner),
            .. RequestValidator.FindInName("name", name),
            .. FindInScopes(scopes),
            .. expires <= now
                ? new[] { new SettingProblem("expires", FormattableString.Invariant($"expires is {expires:O}; it must be later than now, {now:O}.")) }
                : [],
        ];

    private static IEnumerable<SettingProblem> FindInScopes(ImmutableArray<string> scopes)
    {
        if (scopes.IsDefaultOrEmpty)
        {
            return [new SettingProblem("scopes", $"scopes is empty; name one or more of {Words()}.")];
        }

        return scopes.Length > KeyScopes.All.Length
            ? [new SettingProblem("scopes", $"scopes names {scopes.Length}; name each of {Words()} once at most.")]
            : scopes.SelectMany(
                (scope, i) =>
                    !KeyScopes.All.Contains(scope)
                        ? [new SettingProblem($"scopes[{i}]", $"scopes[{i}] is '{SettingRules.Shown(scope)}'; use one of {Words()}.")]
                    : scopes.IndexOf(scope) < i ? new[] { new SettingProblem($"scopes[{i}]", $"scopes[{i}] names {scope} again; leave it out.") }
                    : []
            );
    }

    private static string Words() => string.Join(", ", KeyScopes.All);
}
