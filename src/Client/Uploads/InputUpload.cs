using System.Globalization;
using System.Security.Cryptography;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Uploads;

/// <summary>Uploads a job's photo and masks before it is submitted, and puts their hashes into its request. What is there already is not sent again.</summary>
/// <param name="target">Where inputs go.</param>
public sealed class InputUpload(IBlobTarget target)
{
    /// <summary>Uploads into an artifact store.</summary>
    /// <param name="store">The store.</param>
    public InputUpload(IArtifactStore store)
        : this(new StoreBlobs(store, StorePaths.Blob)) { }

    /// <summary>Longest file, in bytes; looked at before one is read.</summary>
    public long MostBytes { get; init; } = InputLimits.FileBytes;

    /// <summary>Uploads what a request needs.</summary>
    /// <param name="request">The request; its hashes are filled in.</param>
    /// <param name="image">The photo.</param>
    /// <param name="masks">A mask for each of the request's objects; null for one that has a box.</param>
    /// <param name="progress">Told from any thread; or null.</param>
    /// <param name="cancellationToken">Stops; files that are there already stay.</param>
    /// <returns>The complete request.</returns>
    /// <exception cref="OneShotException">A file is too large (invalid_input), or was changed meanwhile (conflict).</exception>
    /// <exception cref="IOException">The target is full, read-only or out of reach, or a file can't be read.</exception>
    public async Task<ImplantationRequest> RunAsync(
        ImplantationRequest request,
        InputFile image,
        IReadOnlyList<InputFile?> masks,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        var inputs = Measure(request, image, masks);
        var sender = new BlobSender(target, new TransferMeter(inputs.Sum(input => input.Bytes), progress));
        var hashes = new List<string>();
        foreach (var (file, field, bytes) in inputs)
        {
            hashes.Add(await SendAsync(sender, file, field, bytes, cancellationToken));
        }

        return WithHashes(request, masks, hashes);
    }

    /// <summary>As <see cref="RunAsync"/>, without sending anything.</summary>
    /// <param name="request">The request; its hashes are filled in.</param>
    /// <param name="image">The photo.</param>
    /// <param name="masks">A mask for each of the request's objects; null for one that has a box.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The complete request.</returns>
    /// <exception cref="OneShotException">invalid_input: a file is too large.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    internal async Task<ImplantationRequest> HashAsync(
        ImplantationRequest request,
        InputFile image,
        IReadOnlyList<InputFile?> masks,
        CancellationToken cancellationToken
    )
    {
        var hashes = new List<string>();
        foreach (var (file, _, _) in Measure(request, image, masks))
        {
            await using var content = file.Open();
            hashes.Add(await HashAsync(content, cancellationToken));
        }

        return WithHashes(request, masks, hashes);
    }

    private List<(InputFile File, string Field, long Bytes)> Measure(ImplantationRequest request, InputFile image, IReadOnlyList<InputFile?> masks)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentOutOfRangeException.ThrowIfNotEqual(masks.Count, request.Objects.Length);
        return [.. masks.OfType<InputFile>().Select(mask => Measure(mask, "mask")), Measure(image, "image")];
    }

    // The masks first, the photo last.
    private static ImplantationRequest WithHashes(ImplantationRequest request, IReadOnlyList<InputFile?> masks, List<string> hashes)
    {
        var sent = new Queue<string>(hashes);
        return request with
        {
            Objects = [.. request.Objects.Zip(masks, (item, mask) => item with { Mask = mask is null ? null : sent.Dequeue() })],
            Image = hashes[^1],
        };
    }

    private static async Task<string> HashAsync(Stream content, CancellationToken cancellationToken) =>
        Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));

    private (InputFile File, string Field, long Bytes) Measure(InputFile file, string field)
    {
        var bytes = file.ReadLength();
        return bytes <= MostBytes
            ? (file, field, bytes)
            : throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.InvalidInput,
                    string.Create(CultureInfo.InvariantCulture, $"The {field} {file.Name} has {bytes} bytes; at most {MostBytes} can be uploaded."),
                    field,
                    "Save it smaller."
                )
            );
    }

    private static async Task<string> SendAsync(BlobSender sender, InputFile file, string field, long bytes, CancellationToken cancellationToken)
    {
        await using var content = file.Open();
        var hash = await HashAsync(content, cancellationToken);
        return await sender.SendAsync(hash, bytes, file.Open, cancellationToken)
            ? hash
            : throw new OneShotException(
                new ErrorDetail(ErrorCodes.Conflict, $"The {field} {file.Name} was changed while it was sent.", field, "Try again when nobody writes to it.")
            );
    }
}
