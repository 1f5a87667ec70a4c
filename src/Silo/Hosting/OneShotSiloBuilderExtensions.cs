using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;

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
        silo.Services.AddSingleton(TimeProvider.System);
        silo.Services.AddSingleton(new ModelCatalog(options.Data));
        silo.Services.AddSingleton<IArtifactStore>(new FileArtifactStore(options.Data.Root));
        if (options.Engine is { } engine)
        {
            silo.Services.AddSingleton(engine);
        }
        else
        {
            silo.Services.AddSingleton<ITrainingEngine, StubTrainingEngine>();
        }

        return silo;
    }
}
