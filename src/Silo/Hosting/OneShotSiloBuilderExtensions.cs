using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansOneShot.Compute.Threads;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Models;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Silo.Telemetry;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>The composition root: the one place that binds ports to what stands behind them.</summary>
internal static class OneShotSiloBuilderExtensions
{
    /// <summary>Adds the grains, the store and the engine to a silo.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="options">The silo's options.</param>
    /// <returns>The same builder.</returns>
    public static ISiloBuilder AddOneShot(this ISiloBuilder silo, OneShotSiloOptions options)
    {
        silo.Configure<SiloMessagingOptions>(messaging => messaging.CancelRequestOnTimeout = true);
        if (OtlpExport.IsWanted(Environment.GetEnvironmentVariable))
        {
            silo.AddActivityPropagation();
        }
        var catalog = new ModelCatalog(options.Data);
        silo.Services.AddSingleton(catalog);
        silo.Services.AddSingleton<IModelInventory>(provider => new SiloModelInventory(
            provider.GetRequiredService<ModelCatalog>(),
            options.Slots != 0 && ModelPullOptions.FromEnvironment() is not null
        ));
        silo.Services.AddOneShotStore(options.Store);
        silo.Services.AddModelPuller(options);
        silo.Services.AddTrainingEngine(options);
        var slots = SlotPlan.Create(options.Devices, options.Slots);
        TorchThreads.Slots = slots.Count(slot => TorchDevices.IndexOf(slot.Device) is null);
        return silo.AddOneShotGrains(grains =>
        {
            // Jobs that are left when an embedded silo ends wait for the next process that trains.
            grains.ResumeOnStart = options.ResumesJobs;
            grains.RequeueOnStop = options.RequeuesOnStop;
            // Of a cluster's silos another one may have it; an embedded silo says at once that it does not.
            grains.WaitForDevice = options.RequeuesOnStop;
            grains.MaxFaultySilos = options.Health?.MaxFaultySilos ?? 1;
            grains.MinFreeBytes = options.Health?.MinFreeBytes ?? 0;
            grains.WorkFolder = options.Data.Work;
            grains.Clock = options.Clock;
            grains.MetricModels = MetricModels.Of(catalog, Environment.GetEnvironmentVariable);
            grains.Slots = slots;
            grains.ExitWhenIdle = options.ExitWhenIdle;
            grains.WebhookAllow = options.WebhookAllow;
            grains.ModelGrace = options.KeepModels ?? grains.ModelGrace;
        });
    }

    private static void AddModelPuller(this IServiceCollection services, OneShotSiloOptions options)
    {
        if (options.AllowPull.IsDefaultOrEmpty)
        {
            return;
        }

        var host = ModelPullOptions.OfOperator();
        services.AddSingleton<IModelPuller>(provider => new ModelPuller(
            options.Data,
            // An embedded silo has no others that would need it.
            options.RequeuesOnStop
                ? provider.GetRequiredService<IArtifactStore>()
                : null,
            host,
            options.AllowPull
        ));
    }

    private static void AddTrainingEngine(this IServiceCollection services, OneShotSiloOptions options)
    {
        if (options.Engine is { } engine)
        {
            services.AddSingleton(engine);
            services.AddSingleton(provider =>
                provider.GetRequiredService<ITrainingEngine>() as ITermEngine
                ?? throw new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, "This silo's engine evaluates no terms of other silos."))
            );
        }
        else
        {
            if (options.Slots != 0)
            {
                // Only to refuse a wrong address or token now: a job that met it would go back to the queue, and come again, for ever.
                ModelPullOptions.FromEnvironment();
            }

            services.AddSingleton(new PrecisionChooser(options.Data));
            services.AddSingleton(provider =>
                SiloModels.Create(
                    options.Data,
                    provider.GetRequiredService<ModelCatalog>(),
                    provider.GetRequiredService<IArtifactStore>(),
                    provider.GetRequiredService<ILogger<SiloModels>>()
                )
            );
            services.AddSingleton(new PeakMeter());
            // All that the engine gets of the store: what has a hash, against its hash.
            services.AddSingleton<IArtifactReader>(provider => new VerifiedReader(provider.GetRequiredService<IArtifactStore>()));
            services.AddSingleton<IEngineCheck, TorchEngineCheck>();
            services.AddSingleton<ComputeTrainingEngine>();
            services.AddSingleton<ITrainingEngine>(provider => provider.GetRequiredService<ComputeTrainingEngine>());
            services.AddSingleton<ITermEngine>(provider => provider.GetRequiredService<ComputeTrainingEngine>());
        }
    }
}
