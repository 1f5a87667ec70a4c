using System.CommandLine;
using System.CommandLine.Parsing;

namespace OrleansOneShot.Cli.Options;

/// <summary>Adds options to commands.</summary>
internal static class CommandOptions
{
    /// <summary>Adds options, in the order in which help shows them.</summary>
    /// <param name="command">The command.</param>
    /// <param name="options">The options.</param>
    public static void Add(this Command command, params IEnumerable<Option> options)
    {
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Refuses options where there is no cluster: there they would be ignored, and who gave them would believe otherwise.</summary>
    /// <param name="command">The command.</param>
    /// <param name="options">Options for silos of a cluster.</param>
    /// <param name="without">What holds without one, to follow "without it"; null: nothing is to be said.</param>
    public static void RequireCluster(this Command command, IReadOnlyList<Option> options, string? without = null) =>
        command.Validators.Add(result =>
        {
            if (
                options.FirstOrDefault(option => result.GetResult(option) is { Implicit: false }) is { } given
                && !result.Children.OfType<OptionResult>().Any(option => option.Option is ClusterOption)
            )
            {
                result.AddError($"{given.Name} is for silos of a cluster: give --cluster as well{(without is null ? "" : $"; without it {without}")}.");
            }
        });
}
