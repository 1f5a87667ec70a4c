using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Serialization;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.Grains.Retention;
using OrleansOneShot.Grains.Scheduling;
using OrleansOneShot.Grains.Training;
using OrleansOneShot.Grains.Webhooks;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Hosting;

/// <summary>Registers the grains' services.</summary>
public static class OneShotGrainsExtensions
{
    /// <summary>
    /// Makes a silo run jobs. The host also registers an <see cref="IArtifactStore"/>, an <see cref="Engine.ITrainingEngine"/> if the silo has slots, and a
    /// grain storage named <see cref="OneShotStorage.Name"/>.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddOneShotGrains(this ISiloBuilder silo, Action<OneShotGrainsOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        var services = silo.Services;
        services.AddMetrics();
        services.AddOptions<OneShotGrainsOptions>().Configure(options => configure?.Invoke(options)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OneShotGrainsOptions>, OneShotGrainsOptionsValidator>());
        services.TryAddSingleton<OneShotInstruments>();
        services.TryAddSingleton<TrainingHost>();
        services.TryAddSingleton<ITrainingHost>(provider => provider.GetRequiredService<TrainingHost>());
        services.TryAddSingleton<ISelfTest, SelfTest>();
        services.TryAddSingleton<Quarantine>();
        services.TryAddSingleton<ISiloHealth>(provider => provider.GetRequiredService<Quarantine>());
        services.TryAddSingleton<SlotAnnouncer>();
        services.TryAddSingleton<IDrainMark, NoDrainMark>();
        services.TryAddSingleton<Departure>();
        services.TryAddSingleton<IDeparture>(provider => provider.GetRequiredService<Departure>());
        services.TryAddSingleton<IdleWatch>();
        services.TryAddSingleton<JobRecovery>();
        services.TryAddSingleton<DatasetInputs>();
        services.TryAddSingleton<BlobCollector>();
        services.TryAddSingleton<ModelCollector>();
        services.TryAddSingleton<IHostResolver, SystemHostResolver>();
        services.TryAddSingleton<WebhookSender>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, TrainerLifecycle>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, CollectionClock>();
        services.TryAddSingleton<MappedModels>();
        // What a store says reaches the caller as it is, not as a sentence on serializers. A fault crosses silos only if it may pass, which is the value that
        // it has on arrival.
        services.Configure<ExceptionSerializationOptions>(serialization => serialization.SupportedNamespacePrefixes.Add("OrleansOneShot."));
        return silo.AddSlotPlacement(configure);
    }

    /// <summary>
    /// Tells all silos how many slots this one has, and teaches it to keep grains that work on slots on silos that have some: every silo may be asked to place
    /// one.
    /// </summary>
    private static ISiloBuilder AddSlotPlacement(this ISiloBuilder silo, Action<OneShotGrainsOptions>? configure)
    {
        // Metadata are fixed before the container is built.
        var options = new OneShotGrainsOptions();
        configure?.Invoke(options);
        var slots = options.Slots.IsDefault ? [] : options.Slots;
        silo.UseSiloMetadata(
            new Dictionary<string, string>
            {
                [SlotPlacementFilter.SlotsKey] = slots.Length.ToString(CultureInfo.InvariantCulture),
                [SlotPlacementFilter.DeviceKey] = slots.FirstOrDefault()?.Device ?? string.Empty,
            }
        );
        silo.Services.AddPlacementFilter<SlotPlacementFilter, SlotPlacementFilterDirector>(ServiceLifetime.Singleton);
        return silo;
    }

    /// <summary>Keeps artifacts in a store, whose operations are measured.</summary>
    /// <param name="services">The services.</param>
    /// <param name="store">Which; it is opened when it is first needed.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddOneShotStore(this IServiceCollection services, StoreLocation store)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(store);
        services.AddSingleton<IArtifactStore>(provider => new MeteredArtifactStore(store.Open(), provider.GetRequiredService<OneShotInstruments>()));
        return services;
    }
}
