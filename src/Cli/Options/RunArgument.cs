using System.CommandLine;
using OrleansOneShot.Documents.Datasets;

namespace OrleansOneShot.Cli.Options;

/// <summary>The id of a dataset run.</summary>
internal sealed class RunArgument : Argument<string?>
{
    public RunArgument()
        : base("RUN")
    {
        Description = "The run, as dataset list names it (default: the latest that was begun with this --data).";
        Arity = ArgumentArity.ZeroOrOne;
        Validators.Add(result =>
        {
            // That it is empty is told as of every argument.
            if (result.Tokens is [{ Value.Length: > 0 }] && !DatasetRules.IsRunId(result.Tokens[0].Value))
            {
                result.AddError($"'{result.Tokens[0].Value}' can't be the id of a dataset run, which is like r-0a1b2c3d4e5f60718293a4b5c6d7e8f9.");
            }
        });
    }
}
