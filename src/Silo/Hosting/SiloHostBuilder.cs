using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>What the hosts of all silos have in common.</summary>
internal static class SiloHostBuilder
{
    /// <summary>An empty builder: no configuration files, no environment, no console. The working directory is the caller's and none of our business.</summary>
    /// <param name="log">The log it writes, alone.</param>
    /// <returns>The builder.</returns>
    public static HostApplicationBuilder Create(string log)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "oneshot", DisableDefaults = true });
        builder.Logging.AddProvider(new FileLoggerProvider(log));
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("OrleansOneShot", LogLevel.Information);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMinutes(2));
        return builder;
    }
}
