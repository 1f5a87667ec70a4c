using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Api.Access;
using OrleansOneShot.Api.Blobs;
using OrleansOneShot.Api.Cluster;
using OrleansOneShot.Api.Datasets;
using OrleansOneShot.Api.Description;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Api.Events;
using OrleansOneShot.Api.Generations;
using OrleansOneShot.Api.Implantations;
using OrleansOneShot.Api.Limits;
using OrleansOneShot.Api.Models;
using OrleansOneShot.Api.Webhooks;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Api.Hosting;

/// <summary>
/// Serves HTTP (docs/HTTP.md). It holds no state: jobs, keys and uploads lie in grains and in the store, so that any number of servers act as one.
/// </summary>
public sealed class ApiServer : IAsyncDisposable
{
    private const string Field = "urls";

    private readonly WebApplication _application;

    private ApiServer(WebApplication application) => _application = application;

    /// <summary>Where it listens, with the ports that were free where 0 was asked for.</summary>
    public IReadOnlyCollection<string> Addresses => [.. _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    /// <summary>Starts serving.</summary>
    /// <param name="options">What, where and for whom.</param>
    /// <param name="cancellationToken">Stops starting.</param>
    /// <returns>A server that takes calls.</returns>
    /// <exception cref="OneShotException">
    /// invalid_input: an address can't be one, or is reached by others while no key exists. conflict: another program listens there.
    /// </exception>
    public static async Task<ApiServer> StartAsync(ApiServerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var urls = ListenUrl.ParseAll(options.Urls, Field, ApiServerOptions.DefaultUrl);
        var isLoopback = urls.All(url => ListenUrl.IsLoopback(url));
        if (!isLoopback && await options.Client.Keys.IsEmptyAsync(cancellationToken))
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.InvalidInput,
                    $"Others could reach {string.Join(" or ", options.Urls)}, and no key exists that would tell who may.",
                    Field,
                    "Make a key first, with: oneshot keys add NAME; or listen at http://127.0.0.1:8080."
                )
            );
        }

        var application = Build(options, urls, isLoopback);
        await WebListener.StartAsync(application, options.Urls, Field, cancellationToken);
        return new ApiServer(application);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => WebListener.StopAsync(_application);

    private static WebApplication Build(ApiServerOptions options, IReadOnlyList<Uri> urls, bool isLoopback)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], EnvironmentName = "Production" });
        builder.WebHost.UseUrls([.. urls.Select(url => url.GetLeftPart(UriPartial.Authority))]);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Logging.ClearProviders();
        options.Logging?.Invoke(builder.Logging);
        var services = builder.Services;
        services.AddSingleton(options.Client);
        services.AddSingleton(options.Store);
        services.AddSingleton(new ApiAccess(isLoopback));
        services.AddSingleton(new UploadSpool(options.SpoolFolder));
        services.AddSingleton<OwnedJobs>();
        services.AddSingleton<OwnedDatasets>();
        services.AddSingleton<EventHub>();
        services.TryAddSingleton(options.Clock);
        services.AddExceptionHandler<ErrorHandling>();
        KeyAuthentication.AddTo(services);
        ApiDescription.AddTo(services);
        CallerLimiter.AddTo(services, options.Limits, Caller.Count);
        var application = builder.Build();
        RequestLog.UseOn(application);
        ErrorHandling.UseOn(application);
        application.UseAuthentication();
        CallerLimiter.UseOn(application);
        application.UseAuthorization();
        ApiDescription.Map(application);
        BlobEndpoints.Map(application);
        ImplantationEndpoints.Map(application);
        EventEndpoints.Map(application);
        FileEndpoints.Map(application);
        GenerationEndpoints.Map(application);
        DatasetEndpoints.Map(application);
        KeyEndpoints.Map(application);
        WebhookEndpoints.Map(application);
        ClusterEndpoints.Map(application);
        ModelEndpoints.Map(application);
        return application;
    }
}
