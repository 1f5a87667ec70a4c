using System.Globalization;
using System.Security.Cryptography;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>What a checked job would take. Nothing is created for it.</summary>
internal static class JobEstimate
{
    /// <summary>Asks whoever would work on the job.</summary>
    /// <param name="context">The command.</param>
    /// <param name="target">Where the job would go.</param>
    /// <param name="plan">The job.</param>
    /// <returns>The estimate. Of a data folder on which nobody works, no more is known than what would be stored.</returns>
    /// <exception cref="Documents.Errors.OneShotException">invalid_input: the job would be refused; unavailable.</exception>
    public static async Task<ImplantationEstimate> AskAsync(CommandContext context, SessionTarget target, ImplantPlan plan)
    {
        List<(string Sha256, long Bytes)> masks = [.. plan.Photo.Masks.Select(HashOf)];
        var image = HashOf(plan.Photo.Image);
        var request = plan.Request with
        {
            Image = image.Sha256,
            Objects = [.. plan.Request.Objects.Zip(masks, (item, mask) => item with { Mask = mask.Sha256 })],
        };
        if (target.Server is not null)
        {
            return await Look.JobsAsync(target, session => ((ServerSession)session).EstimateAsync(request, context.Interrupt), context.Interrupt);
        }

        var missing = await FindMissingAsync(target, [.. masks, image], context.Interrupt);
        return target.Elsewhere is null && !JobSession.HasWorker(target.Data)
            ? new ImplantationEstimate
            {
                MissingBlobs = [.. missing],
                Warnings =
                [
                    "Nobody works on the data folder now, so device, time and memory are not known: the job would start at once, on what oneshot doctor shows.",
                ],
            }
            : await Look.AtAsync(target, session => session.Client.EstimateAsync(request, context.Interrupt), context.Interrupt) with
            {
                MissingBlobs = [.. missing],
            };
    }

    /// <summary>Tells people.</summary>
    /// <param name="context">The command.</param>
    /// <param name="estimate">The estimate.</param>
    public static void Tell(CommandContext context, ImplantationEstimate estimate)
    {
        var output = context.Streams.Output;
        output.WriteLine($"Device: {estimate.Device ?? "not known"}");
        output.WriteLine($"Time: {(estimate.Seconds is { } range ? Minutes(range) : "not known")}");
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Peak memory: {(estimate.PeakBytes is { } bytes ? $"{bytes / (double)(1 << 30):0.0} GiB" : "not known")}"
            )
        );
        output.WriteLine(
            estimate.MissingBlobs.Length switch
            {
                0 => "To be uploaded: nothing, photo and masks are there.",
                1 => "To be uploaded: 1 file.",
                var count => $"To be uploaded: {count} files.",
            }
        );
        if (estimate.QueuePosition is { } position)
        {
            output.WriteLine($"Place in the queue: {position}");
        }

        foreach (var warning in estimate.Warnings)
        {
            output.WriteLine($"Warning: {warning}");
        }
    }

    private static string Minutes(SecondsRange range) => FormattableString.Invariant($"{range.From / 60:0.#} to {range.To / 60:0.#} min");

    private static (string Sha256, long Bytes) HashOf(byte[] bytes) => (Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes.Length);

    private static async Task<IReadOnlyList<string>> FindMissingAsync(
        SessionTarget target,
        IReadOnlyList<(string Sha256, long Bytes)> blobs,
        CancellationToken cancellationToken
    )
    {
        // A folder that is not there must not come to be by looking.
        var store = target.Elsewhere is null && !Directory.Exists(target.Data.Root) ? null : target.OpenStore();
        var missing = new List<string>();
        foreach (var (hash, bytes) in blobs.Distinct())
        {
            if (store is null || !await store.HoldsAsync(new ArtifactInfo(StorePaths.Blob(hash), bytes, hash), cancellationToken))
            {
                missing.Add(hash);
            }
        }

        return missing;
    }
}
