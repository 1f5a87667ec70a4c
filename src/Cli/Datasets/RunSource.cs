using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Datasets;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>Where a run's items come from, on this machine.</summary>
internal static class RunSource
{
    // As many as a person reads.
    private const int MostShown = 20;

    /// <summary>Reads all items, and refuses them all if one can't be.</summary>
    /// <param name="context">The command; told of each bad line.</param>
    /// <param name="record">The run.</param>
    /// <param name="model">The model; null where only a server has it.</param>
    /// <returns>The items, in order.</returns>
    /// <exception cref="InvalidInputException">Lines or subjects can't be used.</exception>
    /// <exception cref="IOException">They can't be read.</exception>
    public static async Task<IReadOnlyList<DatasetItemPlan>> ReadAsync(CommandContext context, RunRecord record, ModelChoice? model)
    {
        var check = new ItemCheck(record.Model.Name, model);
        var plan = record.Manifest is { } manifest
            ? await new ManifestFile(manifest, check, record.Options).ReadAsync(context.Interrupt)
            : new DreamBoothFolder(record.DreamBooth!, check, record.Options).Read(context.Interrupt);
        if (plan.Bad is [var first, ..])
        {
            foreach (var bad in plan.Bad.Take(MostShown))
            {
                context.Say($"{bad.Place}: {bad.Problem}");
            }

            if (plan.Bad.Count > MostShown)
            {
                context.Say(string.Create(CultureInfo.InvariantCulture, $"And {plan.Bad.Count - MostShown:N0} more."));
            }

            var all = plan.Bad.Count + plan.Items.Count;
            throw new InvalidInputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{plan.Bad.Count:N0} of {all:N0} items of {record.Manifest ?? record.DreamBooth} can't be used, so nothing was begun; "
                        + $"{first.Place}: {first.Problem}"
                ),
                record.Manifest is null ? "dreambooth" : "manifest",
                "Mend them, and run the command again."
            );
        }

        return plan.Items;
    }

    /// <summary>Gives items their numbers in a run that has some of them already.</summary>
    /// <param name="items">The items, in order.</param>
    /// <param name="known">What the run has.</param>
    /// <param name="count">How many items the run has room for.</param>
    /// <param name="again">Whether those that have failed are wanted again.</param>
    /// <returns>Those that are to be added or replaced, by number; those for which the run has no room are left out.</returns>
    public static List<KeyValuePair<int, DatasetItemPlan>> Choose(
        IReadOnlyList<DatasetItemPlan> items,
        IReadOnlyCollection<DatasetItemStatus> known,
        int count,
        bool again
    )
    {
        var byId = known.ToDictionary(item => item.Id, StringComparer.OrdinalIgnoreCase);
        var taken = known.Select(item => item.Number).ToHashSet();
        var free = Enumerable.Range(0, count).Where(number => !taken.Contains(number)).GetEnumerator();
        var chosen = new List<KeyValuePair<int, DatasetItemPlan>>();
        foreach (var item in items)
        {
            if (byId.TryGetValue(item.Id, out var status))
            {
                if (again && status.State == DatasetItemState.Failed)
                {
                    chosen.Add(new(status.Number, item with { Id = status.Id }));
                }
            }
            else if (free.MoveNext())
            {
                chosen.Add(new(free.Current, item));
            }
        }

        return chosen;
    }
}
