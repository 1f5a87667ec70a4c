using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>What the hosts of all silos have in common.</summary>
internal static class SiloHostBuilder
{
    /// <summary>The most that a silo takes to leave, with its jobs' checkpoints. Who stops it from outside waits longer (helm/oneshot, compose.yaml).</summary>
    public static readonly TimeSpan LongestStop = TimeSpan.FromMinutes(2);

    /// <summary>An empty builder: no configuration files, no environment, no console. The working directory is the caller's and none of our business.</summary>
    /// <param name="log">The log it writes, alone.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="OneShotException">invalid_input: <see cref="SiloLog.LevelVariable"/> names no level.</exception>
    public static HostApplicationBuilder Create(string log)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "oneshot", DisableDefaults = true });
        var own = new SiloLog(log, SiloLog.ReadLevel(Environment.GetEnvironmentVariable));
        own.AddTo(builder.Logging);
        builder.Services.AddSingleton(own);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = LongestStop);
        return builder;
    }
}
