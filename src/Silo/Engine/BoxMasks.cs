using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Masks;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Faults;

namespace OrleansOneShot.Silo.Engine;

/// <summary>
/// A job's photo and masks, of which those that the request leaves to a box are cut here, as the command line cuts them. A cut is stored with the job before
/// anything is trained with it, and settled by the first checkpoint: whoever goes on from that one reads the same mask.
/// </summary>
/// <param name="inputs">Where all the rest comes from.</param>
internal sealed class BoxMasks(EngineInputs inputs)
{
    private const string Hint =
        "Give [left, top, width, height] in pixels of the upright photo, close around the object, or upload a mask and name that in its place.";

    private readonly GrabCutMasker _masker = new();

    /// <summary>Fetches and cuts what a run works on.</summary>
    /// <param name="job">The job.</param>
    /// <param name="observer">Keeps what was cut.</param>
    /// <param name="notes">Told of it.</param>
    /// <param name="cancellationToken">Stops, also within a cut.</param>
    /// <returns>The inputs, and the request as if they all had been named.</returns>
    /// <exception cref="OneShotException">An input is missing, damaged or too large, or a mask that was settled is lost and can't be made again.</exception>
    /// <exception cref="InvalidInputException">The photo is none, or a box doesn't fit it; the error names the field.</exception>
    /// <exception cref="SiloLacksException">OpenCV can't be loaded on this machine.</exception>
    public MaskedJob Prepare(EngineJob job, IEngineObserver observer, RunObserver notes, CancellationToken cancellationToken)
    {
        var request = job.Request;
        var photo = inputs.FetchPhoto(request, cancellationToken);
        var settled = MaskReference.ParseAll(job.Settled?.Masks);
        RgbImage? picture = null;
        var masks = new List<byte[]>();
        for (var i = 0; i < request.Objects.Length; i++)
        {
            var item = request.Objects[i];
            if (item.Box is not { } box)
            {
                masks.Add(inputs.FetchMask(item, i, cancellationToken));
                continue;
            }

            picture ??= ImageReader.Read(photo, "of the job");
            MaskReference? known = settled?[i];
            var mask = (known is { } kept ? inputs.TryFetchMade(job.JobId, kept, cancellationToken) : null) ?? Cut(picture, box, i, known, observer, notes);
            masks.Add(mask);
            var coverage = MaskReader.Read(mask, $"of {item.Token}", picture, new MaskReading { Lenient = true }).Mask.Coverage;
            notes.Warning(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The mask made for {item.Token} of its box covers {coverage:0.#%} of the picture; {MaskFiles.NameOf(request, i)} shows it."
                )
            );
        }

        return MaskedJob.Of(request, photo, masks);

        byte[] Cut(RgbImage image, ImmutableArray<int> box, int index, MaskReference? known, IEngineObserver keeper, RunObserver observed)
        {
            observed.Progress(ImplantationStage.Preparing, 0, 0, $"cuts a mask of the box of {request.Objects[index].Token}");
            var made = Make(image, box, index, cancellationToken);
            var png = PngWriter.Encode(MaskPicture.Create(made));
            var hash = Convert.ToHexStringLower(SHA256.HashData(png));
            if (known is { } lost && lost.Sha256 != hash)
            {
                throw new OneShotException(
                    new ErrorDetail(
                        ErrorCodes.Failed,
                        $"The mask that the job made of objects[{index}].box is lost, and this machine makes another one of it, so the rest would not fit.",
                        FormattableString.Invariant($"objects[{index}].box"),
                        "Submit the job again."
                    )
                );
            }

            foreach (var warning in made.Warnings)
            {
                observed.Warning(warning);
            }

            keeper.StoreMask(hash, png);
            return png;
        }
    }

    /// <summary>Fetches what a worker of another silo's run works on: the masks are those of that run.</summary>
    /// <param name="job">The job.</param>
    /// <param name="masks">What the run's brief says of its masks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The inputs.</returns>
    /// <exception cref="OneShotException">One is missing or damaged.</exception>
    public ImplantationInputs Fetch(EngineJob job, string? masks, CancellationToken cancellationToken)
    {
        var request = job.Request;
        var made = MaskReference.ParseAll(masks);
        return new ImplantationInputs(
            inputs.FetchPhoto(request, cancellationToken),
            [
                .. request.Objects.Select(
                    (item, i) =>
                        new ImplantationObject(
                            item.Class,
                            item.Token,
                            item.Box is null ? inputs.FetchMask(item, i, cancellationToken)
                                : made is { } all && i < all.Length && inputs.TryFetchMade(job.JobId, all[i], cancellationToken) is { } mask ? mask
                                : throw new OneShotException(
                                    new ErrorDetail(ErrorCodes.Unavailable, $"The mask that job {job.JobId} has made for {item.Token} is not in the store.")
                                )
                        )
                ),
            ]
        );
    }

    private MaskImage Make(RgbImage picture, ImmutableArray<int> box, int index, CancellationToken cancellationToken)
    {
        var field = FormattableString.Invariant($"objects[{index}].box");
        try
        {
            return _masker.Make(picture, new MaskPrompt(new PixelRectangle(box[0], box[1], box[2], box[3]), []), cancellationToken);
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException($"{field} can't be used: {char.ToLowerInvariant(e.Message[0])}{e.Message[1..]}", field, Hint, e);
        }
        catch (MissingLibraryException e)
        {
            // Another silo may have it.
            throw new SiloLacksException(
                new ErrorDetail(ErrorCodes.Failed, $"The mask of {field} can't be cut on this machine: {e.Message}", field, e.Hint),
                e
            );
        }
    }
}

/// <summary>A job of which every object has a mask.</summary>
/// <param name="Request">The request, with the masks that were made named in place of their boxes.</param>
/// <param name="Inputs">The photo and the masks.</param>
/// <param name="Made">The numbers of the objects, from 0, whose masks were made.</param>
internal sealed record MaskedJob(ImplantationRequest Request, ImplantationInputs Inputs, ImmutableArray<int> Made)
{
    /// <summary>The masks as a job settles them; null: the request names them all.</summary>
    public string? Settled =>
        Made.IsEmpty ? null : MaskReference.ToText(Inputs.Objects.Zip(Request.Objects, (input, item) => new MaskReference(item.Mask!, input.Mask.Length)));

    /// <summary>Puts a job together.</summary>
    /// <param name="request">The request.</param>
    /// <param name="photo">The photo.</param>
    /// <param name="masks">A mask for each object.</param>
    public static MaskedJob Of(ImplantationRequest request, byte[] photo, IReadOnlyList<byte[]> masks) =>
        new(
            request with
            {
                Objects =
                [
                    .. request.Objects.Select(
                        (item, i) => item.Box is null ? item : item with { Box = null, Mask = Convert.ToHexStringLower(SHA256.HashData(masks[i])) }
                    ),
                ],
            },
            new ImplantationInputs(photo, [.. request.Objects.Select((item, i) => new ImplantationObject(item.Class, item.Token, masks[i]))]),
            [.. Enumerable.Range(0, request.Objects.Length).Where(i => request.Objects[i].Box is not null)]
        );

    /// <summary>Writes the masks that were made beside the result, under the names that its command gives them.</summary>
    /// <param name="folder">The result's folder.</param>
    public void WriteMade(string folder)
    {
        foreach (var i in Made)
        {
            File.WriteAllBytes(Path.Combine(folder, MaskFiles.NameOf(Request, i)), Inputs.Objects[i].Mask);
        }
    }
}

/// <summary>What masks are called beside a result, and in the command that makes it again.</summary>
internal static class MaskFiles
{
    /// <summary>The name of an object's mask.</summary>
    /// <param name="request">The request.</param>
    /// <param name="index">The object's number, from 0.</param>
    public static string NameOf(ImplantationRequest request, int index) =>
        request.Objects.Length == 1 ? "mask.png" : FormattableString.Invariant($"mask-{index + 1}.png");
}
