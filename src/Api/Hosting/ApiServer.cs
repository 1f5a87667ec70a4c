using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Api.Access;
using OrleansOneShot.Api.Blobs;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Api.Generations;
using OrleansOneShot.Api.Implantations;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Api.Hosting;

/// <summary>
/// Serves HTTP (docs/HTTP.md). It holds no state: jobs, keys and uploads lie in grains and in the store, so that any number of servers act as one.
/// </summary>
public sealed class ApiServer : IAsyncDisposable
{
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
        var urls = ListenUrl.ParseAll(options.Urls);
        var isLoopback = urls.All(url => ListenUrl.IsLoopback(url));
        if (!isLoopback && await options.Client.Keys.IsEmptyAsync(cancellationToken))
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.InvalidInput,
                    $"Others could reach {string.Join(" or ", options.Urls)}, and no key exists that would tell who may.",
                    "urls",
                    "Make a key first, with: oneshot keys add NAME; or listen at http://127.0.0.1:8080."
                )
            );
        }

        var application = Build(options, urls, isLoopback);
        try
        {
            await application.StartAsync(cancellationToken);
            return new ApiServer(application);
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException or SocketException)
        {
            await application.DisposeAsync();
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Conflict,
                    $"Another program listens at {string.Join(" or ", options.Urls)}.",
                    "urls",
                    "End it, or give another address with --urls."
                ),
                e
            );
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _application.StopAsync(patience.Token);
        await _application.DisposeAsync();
    }

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
        services.AddSingleton<OwnedGenerations>();
        services.TryAddSingleton(options.Clock);
        services.AddExceptionHandler<ErrorHandling>();
        KeyAuthentication.AddTo(services);
        var application = builder.Build();
        ErrorHandling.UseOn(application);
        application.UseAuthentication();
        application.UseAuthorization();
        BlobEndpoints.Map(application);
        ImplantationEndpoints.Map(application);
        EventEndpoints.Map(application);
        FileEndpoints.Map(application);
        GenerationEndpoints.Map(application);
        KeyEndpoints.Map(application);
        return application;
    }
}
