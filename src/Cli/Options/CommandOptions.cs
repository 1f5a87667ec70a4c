using System.CommandLine;

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
}
