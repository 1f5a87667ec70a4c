using System.Collections.Immutable;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>The base models that jobs of this silo have used, latest first: their pages are mapped, or at least in the system's cache.</summary>
internal sealed class MappedModels
{
    private ImmutableArray<string> _names = [];

    /// <summary>The names, <see cref="SlotAnnouncement.MaxModels"/> at most.</summary>
    public ImmutableArray<string> Names => _names;

    /// <summary>A job uses a model.</summary>
    /// <param name="name">The model's name.</param>
    public void Use(string name) =>
        ImmutableInterlocked.Update(
            ref _names,
            static (names, used) => [used, .. names.Where(other => other != used).Take(SlotAnnouncement.MaxModels - 1)],
            name
        );
}
