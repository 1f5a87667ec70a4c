using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Api.Hosting;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;

namespace OrleansOneShot.Api.Management;

/// <summary>
/// What those who run the service ask a process, on a listener of its own: <c>/healthz/startup</c>, <c>/healthz/ready</c>, <c>/healthz/live</c>, what the host
/// adds (<c>/metrics</c>), and nothing else. It takes no keys and tells nothing of jobs, so that a network of pods may reach it.
/// </summary>
public sealed class ManagementServer : IAsyncDisposable
{
    /// <summary>The address where people expect it.</summary>
    public const string DefaultUrl = "http://127.0.0.1:9464";

    private const string Healthy = "healthy";
    private const string Unhealthy = "unhealthy";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private readonly WebApplication _application;
    private readonly Needs _needs;

    private ManagementServer(WebApplication application, Needs needs) => (_application, _needs) = (application, needs);

    /// <summary>Where it listens, with the ports that were free where 0 was asked for.</summary>
    public IReadOnlyCollection<string> Addresses => [.. _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    /// <summary>Starts to answer: from now on the process lives, and is neither started nor ready.</summary>
    /// <param name="urls">Where to listen: <c>http://ADDRESS:PORT</c>; port 0 takes a free one.</param>
    /// <param name="addPages">Adds what makes further pages; null: there are none.</param>
    /// <param name="cancellationToken">Stops starting.</param>
    /// <returns>A server that answers.</returns>
    /// <exception cref="OneShotException">invalid_input: an address can't be one. conflict: another program listens there.</exception>
    public static async Task<ManagementServer> StartAsync(
        IReadOnlyList<string> urls,
        Action<IServiceCollection>? addPages = null,
        CancellationToken cancellationToken = default
    )
    {
        const string Field = "management-urls";
        var parsed = ListenUrl.ParseAll(urls, Field, DefaultUrl);
        var needs = new Needs();
        var application = Build(parsed, needs, addPages);
        await WebListener.StartAsync(application, urls, Field, cancellationToken);
        return new ManagementServer(application, needs);
    }

    /// <summary>The process has started; from now on it is ready as long as nothing is wrong with what it needs.</summary>
    /// <param name="needs">What it needs.</param>
    public void HasStarted(params IReadOnlyList<HealthProbe> needs) => _needs.Set(needs);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => WebListener.StopAsync(_application);

    private static WebApplication Build(IReadOnlyList<Uri> urls, Needs needs, Action<IServiceCollection>? addPages)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], EnvironmentName = "Production" });
        builder.WebHost.UseUrls([.. urls.Select(url => url.GetLeftPart(UriPartial.Authority))]);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Logging.ClearProviders();
        addPages?.Invoke(builder.Services);
        var application = builder.Build();
        // Answers at all: neither a store nor a cluster that is away is a reason to kill this process.
        Map("live", _ => Task.FromResult<IReadOnlyList<HealthCheck>>([new("process")]));
        Map("startup", _ => Task.FromResult<IReadOnlyList<HealthCheck>>([needs.Start]));
        Map("ready", needs.CheckAsync);
        return application;

        void Map(string kind, Func<CancellationToken, Task<IReadOnlyList<HealthCheck>>> check) =>
            application.MapMethods(
                $"/healthz/{kind}",
                [HttpMethods.Get, HttpMethods.Head],
                async (HttpContext context) =>
                {
                    var checks = await check(context.RequestAborted);
                    var isHealthy = checks.All(one => one.Problem is null);
                    context.Response.Headers.CacheControl = "no-store";
                    return TypedResults.Json(
                        new HealthDocument(isHealthy ? Healthy : Unhealthy, checks.ToDictionary(one => one.Name, one => one.ToDocument())),
                        DocumentJson.Options,
                        statusCode: isHealthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable
                    );
                }
            );
    }

    private sealed record HealthDocument(string Status, IReadOnlyDictionary<string, CheckDocument> Checks);

    private sealed record CheckDocument(string Status, string? Detail);

    private sealed record HealthCheck(string Name, string? Problem = null)
    {
        public CheckDocument ToDocument() => new(Problem is null ? Healthy : Unhealthy, Problem);
    }

    /// <summary>What the process needs; nothing is known of it until it has started.</summary>
    private sealed class Needs
    {
        private volatile IReadOnlyList<HealthProbe>? _probes;

        public HealthCheck Start => new("start", _probes is null ? "The process is starting." : null);

        public void Set(IReadOnlyList<HealthProbe> probes) => _probes = probes;

        public async Task<IReadOnlyList<HealthCheck>> CheckAsync(CancellationToken cancellationToken) =>
            [Start, .. await Task.WhenAll((_probes ?? []).Select(probe => CheckAsync(probe, cancellationToken)))];

        private static async Task<HealthCheck> CheckAsync(HealthProbe probe, CancellationToken cancellationToken)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(s_patience);
            try
            {
                return new HealthCheck(probe.Name, await probe.FindProblemAsync(limit.Token).WaitAsync(limit.Token));
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                return new HealthCheck(
                    probe.Name,
                    e is OperationCanceledException ? $"No answer within {s_patience.TotalSeconds:0} s." : SecretText.Scrub(e.Message)
                );
            }
        }
    }
}
