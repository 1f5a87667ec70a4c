using OrleansOneShot.Cli.Commands;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Diagnosis;

/// <summary>The shipped models, weight by weight.</summary>
internal static class ModelCheck
{
    /// <summary>Checks each shipped model.</summary>
    /// <param name="data">The data folder.</param>
    /// <returns>A check a model; a problem if there is none.</returns>
    public static IEnumerable<CheckDocument> All(DataFolder data)
    {
        var shipped = new ModelCatalog(data).List().Where(entry => entry.Shipped).ToList();
        if (shipped.Count == 0)
        {
            return [new CheckDocument("models", false, "No shipped model was found beside the program.")];
        }

        return shipped.Select(entry =>
            Check.Run(
                $"model {entry.Name}",
                () =>
                {
                    var problems = ModelsVerifyCommand
                        .Verify(ModelFolder.Open(entry.Folder))
                        .Where(part => !part.Ok)
                        .Select(part => $"{part.Name}: {part.Detail}")
                        .ToList();
                    return problems.Count == 0 ? "every weight is sound" : throw new InvalidDataException(Wording.List(problems, " "));
                }
            )
        );
    }
}
