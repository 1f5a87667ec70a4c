using System.Security.Cryptography;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Tests.Implantation;

/// <summary>Runs on the smallest model, told by the hashes of what they write.</summary>
internal static class HashedRun
{
    /// <summary>Runs into a new folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="inputs">The photo and its objects.</param>
    /// <param name="options">Options.</param>
    /// <param name="checkpoint">Where to go on; null begins.</param>
    /// <param name="observer">Told of the run.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <param name="frozen">What frozen models have drawn already; null: nothing.</param>
    /// <returns>The files' hashes by their paths.</returns>
    public static SortedDictionary<string, string> Execute(
        string folder,
        ImplantationInputs inputs,
        ImplantationOptions options,
        string? checkpoint,
        RecordingObserver observer,
        CancellationToken cancellationToken,
        FrozenPictures? frozen = null
    )
    {
        Directory.CreateDirectory(folder);
        var run = new ImplantationRun(ModelFolder.Open(Golden.PathOf("sd15-tiny")), inputs, options, observer) { Frozen = frozen ?? new FrozenPictures() };
        run.Execute(folder, checkpoint, cancellationToken);
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            hashes.Add(Path.GetRelativePath(folder, file), Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))));
        }

        return hashes;
    }
}
