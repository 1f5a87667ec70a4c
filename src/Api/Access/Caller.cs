using System.Collections.Immutable;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using OrleansOneShot.Api.Limits;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Api.Access;

/// <summary>Who calls, and what the key allows.</summary>
/// <param name="Owner">Whose jobs and uploads these are.</param>
/// <param name="Scopes">Of <see cref="KeyScopes"/>.</param>
/// <param name="KeyId">Id of the key, which is no secret; null where no key exists.</param>
internal sealed record Caller(string Owner, ImmutableArray<string> Scopes, string? KeyId = null)
{
    private const string KeyClaim = "key";

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
            [.. user.FindAll(ScopeClaim).Select(claim => claim.Value)],
            KeyOf(user)
        );

    /// <summary>The key of a request.</summary>
    /// <param name="user">The request's user.</param>
    /// <returns>Its id; null: it was let in without one, or not let in.</returns>
    public static string? KeyOf(ClaimsPrincipal user) => user.FindFirstValue(KeyClaim);

    /// <summary>Who calls, as limits count them.</summary>
    /// <param name="context">The call, let in or not.</param>
    /// <returns>The key and the owner, as far as they are known.</returns>
    public static CountedCaller Count(HttpContext context) => new(KeyOf(context.User), context.User.FindFirstValue(ClaimTypes.Name));

    /// <summary>The caller as ASP.NET knows users.</summary>
    /// <param name="scheme">The scheme that let the caller in.</param>
    /// <returns>The user.</returns>
    public ClaimsPrincipal ToPrincipal(string scheme) =>
        new(
            new ClaimsIdentity(
                [
                    new Claim(ClaimTypes.Name, Owner),
                    .. KeyId is null ? Array.Empty<Claim>() : [new Claim(KeyClaim, KeyId)],
                    .. Scopes.Select(scope => new Claim(ScopeClaim, scope)),
                ],
                scheme
            )
        );
}
