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
    /// <summary>Fetches photo and masks.</summary>
    /// <param name="request">The request, which names them by their hashes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Their bytes.</returns>
    /// <exception cref="OneShotException">not_found, invalid_input: one is missing, damaged or too large; the message says which.</exception>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public ImplantationInputs Fetch(ImplantationRequest request, CancellationToken cancellationToken) =>
        new(
            Fetch(request.Image, "photo", "image", cancellationToken),
            [
                .. request.Objects.Select(
                    (o, i) =>
                        new ImplantationObject(
                            o.Class,
                            o.Token,
                            Fetch(o.Mask, $"mask of {o.Token}", FormattableString.Invariant($"objects[{i}].mask"), cancellationToken)
                        )
                ),
            ]
        );

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
