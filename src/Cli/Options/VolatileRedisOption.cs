using System.CommandLine;

namespace OrleansOneShot.Cli.Options;

/// <summary><c>--allow-volatile-redis</c>: jobs may be lost with their Redis.</summary>
internal sealed class VolatileRedisOption : Option<bool>
{
    /// <summary>Stands for the option if it is 1 or true.</summary>
    public const string Variable = "ONESHOT_ALLOW_VOLATILE_REDIS";

    public VolatileRedisOption()
        : base("--allow-volatile-redis") =>
        Description = $"Works with a Redis that loses all jobs when it ends, or some when its memory is full: for trials alone (or {Variable}=1).";

    /// <summary>Adds the option to a command, which refuses it without a cluster.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Options.Add(this);
        command.RequireCluster([this]);
    }

    /// <summary>Whether it was given, here or by the environment.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>Whether.</returns>
    public bool Resolve(ParseResult parsed) =>
        parsed.GetValue(this) || Environment.GetEnvironmentVariable(Variable)?.Trim().ToLowerInvariant() is "1" or "true";
}
