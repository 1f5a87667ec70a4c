using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace OrleansOneShot.Silo.Telemetry;

/// <summary>The page <c>/metrics</c>, for Prometheus: everything that this process measures.</summary>
public static class PrometheusPage
{
    /// <summary>Where it is.</summary>
    public const string Path = "/metrics";

    /// <summary>Adds the page to a web application. It hears from then on whatever host of this process measures.</summary>
    /// <param name="services">The application's services.</param>
    public static void AddTo(IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services
            .AddOpenTelemetry()
            .WithMetrics(metrics =>
                metrics
                    .AddOneShotMeters()
                    .AddPrometheusExporter(options =>
                    {
                        // Of each series the meter's name, which is the same for all of a name.
                        options.ScopeInfoEnabled = false;
                        options.TargetInfoEnabled = false;
                        // Each scrape measures anew; there is one scraper, or two.
                        options.ScrapeResponseCacheDurationMilliseconds = 0;
                    })
            );
        services.AddSingleton<IStartupFilter, Filter>();
        // Probes and scrapes are no traces that anybody would look for.
        services.AddSingleton(new ActivitySource("OrleansOneShot.Management"));
    }

    private sealed class Filter : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            application =>
            {
                // Nor are they calls of the API, whose rate and time people look at.
                application.Use(
                    (context, rest) =>
                    {
                        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics)
                        {
                            metrics.MetricsDisabled = true;
                        }
                        return rest(context);
                    }
                );
                application.UseOpenTelemetryPrometheusScrapingEndpoint(Path);
                next(application);
            };
    }
}
