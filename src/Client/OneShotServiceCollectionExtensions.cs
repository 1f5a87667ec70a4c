using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Client.Http;

namespace OrleansOneShot.Client;

/// <summary>Adds the client to an application's services.</summary>
public static class OneShotServiceCollectionExtensions
{
    /// <summary>Adds an <see cref="IOneShotClient"/> over HTTP, one for the application's life. It logs where the application logs.</summary>
    /// <param name="services">The services.</param>
    /// <param name="server">The server's address.</param>
    /// <param name="configure">Sets the key, and how calls are made.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddOneShotClient(this IServiceCollection services, Uri server, Action<OneShotClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(server);
        services.TryAddSingleton(provider =>
        {
            var options = new OneShotClientOptions
            {
                LoggerFactory = provider.GetService<ILoggerFactory>(),
                TimeProvider = provider.GetService<TimeProvider>() ?? TimeProvider.System,
            };
            configure?.Invoke(options);
            return OneShotClient.Connect(server, options);
        });
        return services;
    }
}
