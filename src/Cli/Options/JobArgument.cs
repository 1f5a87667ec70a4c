using System.CommandLine;
using OrleansOneShot.Client.Jobs;

namespace OrleansOneShot.Cli.Options;

/// <summary>The id of a job.</summary>
internal sealed class JobArgument : Argument<string>
{
    public JobArgument()
        : base("ID")
    {
        Description = "The job, as jobs list names it.";
        Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !JobId.IsValid(result.Tokens[0].Value))
            {
                result.AddError($"'{result.Tokens[0].Value}' can't be the id of a job, which is like 20261123-121500-ab12cd34.");
            }
        });
    }
}
