using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Api.Limits;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Contracts.Access;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Api.Access;

/// <summary>Lets requests in by the key in their Authorization header.</summary>
internal sealed partial class KeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    ClusterClient client,
    ApiAccess access,
    CallerLimiter limiter
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>The scheme.</summary>
    public const string Name = "Bearer";

    private const string Prefix = Name + " ";

    /// <summary>Adds keys and a policy for each scope.</summary>
    /// <param name="services">The services.</param>
    public static void AddTo(IServiceCollection services)
    {
        services.AddAuthentication(Name).AddScheme<AuthenticationSchemeOptions, KeyAuthentication>(Name, null);
        var policies = services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder(Name).RequireAuthenticatedUser().Build());
        foreach (var scope in KeyScopes.All)
        {
            policies.AddPolicy(scope, policy => policy.RequireClaim(Caller.ScopeClaim, scope));
        }
    }

    /// <inheritdoc/>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        var caller = header.Length == 0 ? await FindLocalAsync() : await FindAsync(header);
        return caller is null ? AuthenticateResult.NoResult() : AuthenticateResult.Success(new AuthenticationTicket(caller.ToPrincipal(Name), Name));
    }

    // As long as no key exists, whoever reaches a loopback address is the user of this machine; but not a page of somebody else's that this machine's browser
    // shows, and that reaches the address under a name of its own.
    private async Task<Caller?> FindLocalAsync() =>
        access.IsLoopback && (Request.Host.Host is "localhost" or "127.0.0.1" or "[::1]") && await client.Keys.IsEmptyAsync(Context.RequestAborted)
            ? Caller.Local
            : null;

    private async Task<Caller?> FindAsync(string header)
    {
        if (
            header.Length > Prefix.Length + ApiKey.LongestText
            || !header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
            || !ApiKey.TryParse(header[Prefix.Length..].Trim(), out var key)
        )
        {
            return null;
        }

        var answer = await client.Keys.AuthenticateAsync(key, Context.RequestAborted);
        if (answer.Verdict == KeyVerdict.Accepted)
        {
            return new Caller(answer.Owner, answer.Scopes, key.Id);
        }

        LogRefused(Logger, key.Id, answer.Verdict);
        return null;
    }

    /// <inheritdoc/>
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (await limiter.RefuseFailureAsync(Context))
        {
            return;
        }

        Response.Headers.WWWAuthenticate = Name;
        var detail = Request.Headers.Authorization.Count == 0 ? "This call needs a key." : "The key is unknown, expired or revoked.";
        await Problems.WriteAsync(
            Context,
            new ErrorDetail(
                ErrorCodes.Unauthenticated,
                detail,
                Hint: "Send it in the header Authorization, behind the word Bearer and a space; an operator makes one with: oneshot keys add NAME"
            )
        );
    }

    /// <inheritdoc/>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var scopes = Context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(data => data.Policy).OfType<string>() ?? [];
        return Problems.WriteAsync(
            Context,
            new ErrorDetail(
                ErrorCodes.Forbidden,
                $"The key does not allow this; it needs the scope {string.Join(" and ", scopes)}.",
                Hint: "Use a key that has it."
            )
        );
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Refused key {Id}: {Verdict}")]
    private static partial void LogRefused(ILogger logger, string id, KeyVerdict verdict);
}

/// <summary>From where the API is reached.</summary>
/// <param name="IsLoopback">Whether from this machine alone.</param>
internal sealed record ApiAccess(bool IsLoopback);
