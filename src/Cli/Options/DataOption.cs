using System.CommandLine;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Common;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Options;

/// <summary><c>--data DIR</c>.</summary>
internal sealed class DataOption : Option<string?>
{
    public DataOption()
        : base("--data")
    {
        HelpName = "DIR";
        Description = "Folder of jobs, artifacts and logs (default: ONESHOT_DATA, else the user's data folder).";
        Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var path }, ..] && !string.IsNullOrWhiteSpace(path) && OutputPath.FileInTheWay(Path.GetFullPath(path)) is { } file)
            {
                result.AddError($"--data {path}: {file} is {LinkedFile.WhatIs(file)}, not a folder.");
            }
        });
    }

    /// <summary>The folder.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>The folder; not created.</returns>
    public DataFolder Resolve(ParseResult parsed) => DataFolder.Resolve(parsed.GetValue(this));
}
