using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Silo.Engine;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>The composition root: the one place that binds ports to what stands behind them.</summary>
internal static class OneShotSiloBuilderExtensions
{
    /// <summary>Adds the grains, the store and the engine to an embedded silo.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="options">The silo's options.</param>
    /// <returns>The same builder.</returns>
    public static ISiloBuilder AddOneShot(this ISiloBuilder silo, EmbeddedSiloOptions options)
    {
        silo.Services.AddSingleton(new ModelCatalog(options.Data));
        silo.Services.AddOneShotStore(options.Data.Root);
        silo.Services.AddTrainingEngine(options);
        return silo.AddOneShotGrains(grains =>
        {
            // Jobs that are left when the process ends wait for the next one that trains.
            grains.ResumeOnStart = options.Trains;
            grains.WorkFolder = options.Data.Work;
            if (options.Trains)
            {
                grains.Slots = [new SlotAnnouncement(0, "cpu", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)];
            }
        });
    }

    private static void AddTrainingEngine(this IServiceCollection services, EmbeddedSiloOptions options)
    {
        if (options.Engine is { } engine)
        {
            services.AddSingleton(engine);
        }
        else
        {
            services.AddSingleton(new PrecisionChooser(options.Data));
            services.AddSingleton<ITrainingEngine, ComputeTrainingEngine>();
        }
    }
}
