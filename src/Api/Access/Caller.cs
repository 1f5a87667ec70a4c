using System.Collections.Immutable;
using System.Security.Claims;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Api.Access;

/// <summary>Who calls, and what the key allows.</summary>
/// <param name="Owner">Whose jobs and uploads these are.</param>
/// <param name="Scopes">Of <see cref="KeyScopes"/>.</param>
internal sealed record Caller(string Owner, ImmutableArray<string> Scopes)
{
    /// <summary>The claim that carries a scope.</summary>
    public const string ScopeClaim = "scope";

    /// <summary>Who calls where no key exists: the user of this machine.</summary>
    public static Caller Local { get; } = new("local", KeyScopes.All);

    /// <summary>The caller of a request that was let in.</summary>
    /// <param name="user">The request's user.</param>
    /// <returns>The caller.</returns>
    public static Caller Of(ClaimsPrincipal user) =>
        new(
            user.FindFirstValue(ClaimTypes.Name) ?? throw new InvalidOperationException("The request was not authenticated."),
            [.. user.FindAll(ScopeClaim).Select(claim => claim.Value)]
        );

    /// <summary>The caller as ASP.NET knows users.</summary>
    /// <param name="scheme">The scheme that let the caller in.</param>
    /// <returns>The user.</returns>
    public ClaimsPrincipal ToPrincipal(string scheme) =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.Name, Owner), .. Scopes.Select(scope => new Claim(ScopeClaim, scope))], scheme));
}
