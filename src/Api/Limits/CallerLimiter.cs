using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Api.Limits;

/// <summary>Who calls, as limits count them: known once the caller was let in, or not.</summary>
/// <param name="Key">Id of the key; null: none.</param>
/// <param name="Owner">Whose calls these are; null: nobody was let in.</param>
internal sealed record CountedCaller(string? Key, string? Owner);

/// <summary>
/// Holds callers to <see cref="CallLimits"/>, and tells them how much is left (draft-ietf-httpapi-ratelimit-headers). The user of this machine, as long as no
/// key exists, is not counted: there is nobody to protect from him.
/// </summary>
internal sealed class CallerLimiter : IDisposable
{
    private const string Policy = "calls";
    private const string WaitPreference = "wait";

    // An address of IPv6 is free to make within its network.
    private const int NetworkBytes = 8;

    private readonly CallLimits _limits;
    private readonly Func<HttpContext, CountedCaller> _callerOf;
    private readonly PartitionedRateLimiter<HttpContext> _calls;
    private readonly PartitionedRateLimiter<HttpContext> _waiting;
    private readonly PartitionedRateLimiter<HttpContext> _failures;
    private readonly PartitionedRateLimiter<HttpContext> _all;

    /// <summary>Makes limits.</summary>
    /// <param name="limits">How much.</param>
    /// <param name="callerOf">Who calls.</param>
    public CallerLimiter(CallLimits limits, Func<HttpContext, CountedCaller> callerOf)
    {
        (_limits, _callerOf) = (limits, callerOf);
        _calls = PartitionedRateLimiter.Create<HttpContext, string>(context =>
            Partition(context) is { } name
                ? RateLimitPartition.GetTokenBucketLimiter(name, _ => Bucket(limits.CallsPerSecond, limits.CallsPerSecond * limits.BurstSeconds))
                : RateLimitPartition.GetNoLimiter("")
        );
        _failures = PartitionedRateLimiter.Create<HttpContext, string>(context =>
            RateLimitPartition.GetTokenBucketLimiter(AddressOf(context), _ => Bucket(limits.FailuresPerSecond, limits.FailuresPerSecond))
        );
        _waiting = PartitionedRateLimiter.Create<HttpContext, string>(context =>
            Waits(context.Request) && callerOf(context).Owner is { } owner
                ? RateLimitPartition.GetConcurrencyLimiter(
                    "o:" + owner,
                    _ => new ConcurrencyLimiterOptions { PermitLimit = limits.WaitingPerOwner, QueueLimit = 0 }
                )
                : RateLimitPartition.GetNoLimiter("")
        );
        _all = PartitionedRateLimiter.CreateChained(_calls, _waiting);
    }

    /// <summary>Adds limits to services.</summary>
    /// <param name="services">The services.</param>
    /// <param name="limits">How much.</param>
    /// <param name="callerOf">Who calls.</param>
    public static void AddTo(IServiceCollection services, CallLimits limits, Func<HttpContext, CountedCaller> callerOf)
    {
        services.AddSingleton(_ => new CallerLimiter(limits, callerOf));
        services.AddRateLimiter(_ => { });
        services
            .AddOptions<RateLimiterOptions>()
            .Configure<CallerLimiter>(
                (options, limiter) =>
                {
                    options.GlobalLimiter = limiter._all;
                    options.OnRejected = async (rejected, _) => await RefuseAsync(rejected.HttpContext, rejected.Lease);
                }
            );
    }

    /// <summary>Holds an application's callers to the limits; to stand behind what lets them in.</summary>
    /// <param name="application">The application.</param>
    public static void UseOn(WebApplication application)
    {
        var limiter = application.Services.GetRequiredService<CallerLimiter>();
        application.Use(
            (context, next) =>
            {
                context.Response.OnStarting(limiter.TellAsync, context);
                return next(context);
            }
        );
        application.UseRateLimiter();
    }

    /// <summary>Counts a key that was refused, or is missing.</summary>
    /// <param name="context">The call.</param>
    /// <returns>Whether there were too many of this address, which was answered; others are still let in from there.</returns>
    public async Task<bool> RefuseFailureAsync(HttpContext context)
    {
        using var lease = _failures.AttemptAcquire(context);
        if (lease.IsAcquired)
        {
            return false;
        }

        await RefuseAsync(context, lease);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _all.Dispose();
        _calls.Dispose();
        _waiting.Dispose();
        _failures.Dispose();
    }

    private static Task RefuseAsync(HttpContext context, RateLimitLease lease)
    {
        var isRate = lease.TryGetMetadata(MetadataName.RetryAfter, out var wait);
        if (isRate)
        {
            context.Response.Headers.RetryAfter = Seconds(wait);
        }

        return Problems.WriteAsync(
            context,
            isRate
                ? new ErrorDetail(
                    ErrorCodes.Limit,
                    $"Too many calls; try again in {Seconds(wait)} s.",
                    Hint: "Wait for changes by a stream of events, or call less often."
                )
                : new ErrorDetail(ErrorCodes.Limit, "Too many calls of this owner wait already.", Hint: "End streams of events that nobody reads.")
        );
    }

    private Task TellAsync(object state)
    {
        var context = (HttpContext)state;
        if (Partition(context) is not null && _calls.GetStatistics(context) is { } left)
        {
            var headers = context.Response.Headers;
            headers["RateLimit-Policy"] = string.Create(
                CultureInfo.InvariantCulture,
                $"\"{Policy}\";q={_limits.CallsPerSecond * _limits.BurstSeconds};w={_limits.BurstSeconds}"
            );
            headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"{Policy}\";r={left.CurrentAvailablePermits};t=1");
        }

        return Task.CompletedTask;
    }

    private string? Partition(HttpContext context) =>
        _limits.CallsPerSecond == 0 ? null
        : _callerOf(context) is not { Owner: not null } caller ? "a:" + AddressOf(context)
        : caller.Key is { } key ? "k:" + key
        : null;

    private static string AddressOf(HttpContext context) =>
        context.Connection.RemoteIpAddress switch
        {
            null => "",
            { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4().ToString(),
            { AddressFamily: AddressFamily.InterNetworkV6 } wide when !IPAddress.IsLoopback(wide) => Convert.ToHexString(
                wide.GetAddressBytes(),
                0,
                NetworkBytes
            ),
            var address => address.ToString(),
        };

    private static bool Waits(HttpRequest request) =>
        request.Headers.Accept.Any(accept => accept?.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase) == true)
        || request
            .Headers.GetCommaSeparatedValues("Prefer")
            .Any(preference => preference.TrimStart().StartsWith(WaitPreference, StringComparison.OrdinalIgnoreCase));

    private static TokenBucketRateLimiterOptions Bucket(int perSecond, int burst) =>
        new()
        {
            TokenLimit = burst,
            TokensPerPeriod = perSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = 0,
        };

    private static string Seconds(TimeSpan wait) => Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
