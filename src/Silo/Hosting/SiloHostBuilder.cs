using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Telemetry;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>What the hosts of all silos have in common.</summary>
internal static class SiloHostBuilder
{
    /// <summary>The most that a silo takes to leave, with its jobs' checkpoints. Who stops it from outside waits longer (helm/oneshot, compose.yaml).</summary>
    public static readonly TimeSpan LongestStop = TimeSpan.FromMinutes(2);

    /// <summary>An empty builder: no configuration files, no environment, no console. The working directory is the caller's and none of our business.</summary>
    /// <param name="log">The log it writes, alone.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="OneShotException">invalid_input: a variable of the log or of OpenTelemetry can't be understood.</exception>
    public static HostApplicationBuilder Create(string log)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "oneshot", DisableDefaults = true });
        var export = OtlpExport.Create(Environment.GetEnvironmentVariable);
        var own = SiloLog.Create(log, Environment.GetEnvironmentVariable);
        own.AddTo(builder.Logging);
        builder.Services.AddSingleton(own);
        if (export is not null)
        {
            // Before the silo, and so ended after it: the last that it says is sent as well.
            builder.Services.AddSingleton<IHostedService>(export);
        }

        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = LongestStop);
        return builder;
    }
}
