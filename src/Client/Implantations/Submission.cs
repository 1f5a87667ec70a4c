using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Client.Implantations;

/// <summary>Checks, uploads what is missing, and submits.</summary>
/// <param name="transport">The way to the server.</param>
internal sealed class Submission(IOneShotTransport transport)
{
    // An upload may be collected between the two calls, if its owner's own deadline ran out just then; hardly twice.
    private const int MostUploads = 3;

    /// <summary>Submits a job.</summary>
    /// <param name="implantation">What to do.</param>
    /// <param name="progress">Told of the upload; or null.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The job's id.</returns>
    public async Task<string> RunAsync(Implantation implantation, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(implantation);
        using var activity = Telemetry.Source.StartActivity("oneshot implant");
        var request = implantation.ToRequest();
        var key = implantation.IdempotencyKey ?? IdempotencyKey.New();
        var upload = new InputUpload(transport.Inputs);
        for (var uploads = 1; ; uploads++)
        {
            var complete = await upload.RunAsync(request, implantation.Image, [.. implantation.Objects.Select(item => item.Mask)], progress, cancellationToken);
            try
            {
                var id = (await transport.Implantations.SubmitAsync(complete, key, cancellationToken)).Id;
                activity?.SetTag("oneshot.job.id", id);
                return id;
            }
            catch (OneShotException e) when (e.Code == ErrorCodes.BlobMissing && uploads < MostUploads)
            {
                // Gone since it was looked for: it is uploaded again, and the job submitted under the same key.
            }
        }
    }

    /// <summary>Asks what a job would take.</summary>
    /// <param name="implantation">The job.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The estimate.</returns>
    public async Task<ImplantationEstimate> EstimateAsync(Implantation implantation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(implantation);
        using var activity = Telemetry.Source.StartActivity("oneshot estimate");
        var upload = new InputUpload(transport.Inputs);
        var request = await upload.HashAsync(
            implantation.ToRequest(),
            implantation.Image,
            [.. implantation.Objects.Select(item => item.Mask)],
            cancellationToken
        );
        return await transport.Implantations.EstimateAsync(request, cancellationToken);
    }
}
