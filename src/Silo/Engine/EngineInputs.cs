using System.Diagnostics.CodeAnalysis;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Engine;

/// <summary>What an engine takes from the store, each file against its hash. The engine's thread is its own, so waiting for the store blocks nobody.</summary>
/// <param name="store">The store.</param>
internal sealed class EngineInputs(IArtifactReader store)
{
    /// <summary>Fetches the photo.</summary>
    /// <param name="request">The request, which names it by its hash.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="OneShotException">not_found, invalid_input: it is missing, damaged or too large; the message says so.</exception>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public byte[] FetchPhoto(ImplantationRequest request, CancellationToken cancellationToken) => Fetch(request.Image, "photo", "image", cancellationToken);

    /// <summary>Fetches a mask that the request names.</summary>
    /// <param name="item">The object, which has a mask.</param>
    /// <param name="index">Its place among the objects, from 0.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="OneShotException">not_found, invalid_input: it is missing, damaged or too large; the message says which.</exception>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public byte[] FetchMask(ObjectSpec item, int index, CancellationToken cancellationToken) =>
        Fetch(item.Mask!, $"mask of {item.Token}", FormattableString.Invariant($"objects[{index}].mask"), cancellationToken);

    /// <summary>Fetches a mask that the job has made.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="mask">The mask.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Its bytes; null: it is not in the store, or damaged.</returns>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public byte[]? TryFetchMade(string jobId, MaskReference mask, CancellationToken cancellationToken)
    {
        using var target = new MemoryStream();
        try
        {
            Copy(new ArtifactInfo(StorePaths.Mask(jobId, mask.Sha256), mask.Bytes, mask.Sha256), target, cancellationToken);
            return target.ToArray();
        }
        catch (Exception e) when (e is FileNotFoundException or ArtifactCorruptException or ArtifactChangedException)
        {
            return null;
        }
    }

    /// <summary>Fetches a checkpoint into a local file.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="file">The file; replaced.</param>
    /// <param name="why">What is wrong with it, to follow "The checkpoint of step 20 ".</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if it can't be had.</returns>
    /// <exception cref="IOException">The store is out of reach, or the disk full.</exception>
    public bool TryFetch(CheckpointReference checkpoint, string file, [NotNullWhen(false)] out string? why, CancellationToken cancellationToken)
    {
        try
        {
            using var target = File.Create(file);
            store.CopyAsync(new ArtifactInfo(checkpoint.Path, checkpoint.Bytes, checkpoint.Sha256), target, cancellationToken).GetAwaiter().GetResult();
            why = null;
            return true;
        }
        catch (FileNotFoundException)
        {
            why = "is not in the store any more";
            return false;
        }
        catch (Exception e) when (e is ArtifactCorruptException or ArtifactChangedException)
        {
            why = "is damaged (its bytes are not those that were stored)";
            return false;
        }
    }

    /// <summary>Fetches what new pictures need of an implantation.</summary>
    /// <param name="source">The implantation, as it was when the generation was submitted.</param>
    /// <param name="index">Which of those that the generation names, from 0.</param>
    /// <param name="folder">Takes the files, under the names that the manifest gives them; created.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OneShotException">not_found: it was deleted meanwhile; failed: it is damaged. The message names it.</exception>
    /// <exception cref="IOException">The store is out of reach, or the disk full.</exception>
    public void FetchImplantation(GenerationSource source, int index, string folder, CancellationToken cancellationToken)
    {
        var field = FormattableString.Invariant($"implantations[{index}].id");
        try
        {
            using var manifest = new MemoryStream();
            Copy(new ArtifactInfo(StorePaths.Manifest(source.Id), source.Manifest.Bytes, source.Manifest.Sha256), manifest, cancellationToken);
            Directory.CreateDirectory(folder);
            foreach (var file in PublishedResult.Parse(source.Id, manifest.ToArray()).Files.Where(file => ImplantationFiles.IsDrawnWith(file.Path)))
            {
                var path = Path.Combine(folder, file.Path);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                using var target = File.Create(path);
                Copy(file.Stored, target, cancellationToken);
            }
        }
        catch (FileNotFoundException e)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.NotFound,
                    $"The implantation {source.Id} was deleted after this generation was submitted.",
                    field,
                    "Implant the object again, and draw with that one."
                ),
                e
            );
        }
        catch (Exception e) when (e is ArtifactCorruptException or ArtifactChangedException or InvalidDataException)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Failed,
                    $"The files of the implantation {source.Id} are not those that were there when this generation was submitted.",
                    field,
                    "Nothing was published. Submit the generation again, or implant the object again."
                ),
                e
            );
        }
    }

    private void Copy(ArtifactInfo file, Stream target, CancellationToken cancellationToken) =>
        store.CopyAsync(file, target, cancellationToken).GetAwaiter().GetResult();

    private byte[] Fetch(string sha256, string what, string field, CancellationToken cancellationToken)
    {
        try
        {
            return store.ReadInputAsync(sha256, ImageLimits.MaxFileBytes, cancellationToken).GetAwaiter().GetResult();
        }
        catch (FileNotFoundException e)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.NotFound, $"The {what} is not in the store any more.", field, Again(what)), e);
        }
        catch (Exception e) when (e is ArtifactCorruptException or ArtifactChangedException)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.InvalidInput,
                    $"The {what} was damaged or replaced in the store after its upload: its bytes no longer have the hash that names them.",
                    field,
                    Again(what)
                ),
                e
            );
        }
        catch (ArtifactTooLargeException e)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.InvalidInput,
                    FormattableString.Invariant($"The {what} has {e.Bytes} bytes in the store; at most {ImageLimits.MaxFileBytes} are read."),
                    field,
                    Again(what)
                ),
                e
            );
        }
    }

    private static string Again(string what) => $"Nothing was published. Upload it again: run the same command once more with the file of the {what}.";
}
