using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Client.Generations;

/// <summary>Checks a generation, and submits it.</summary>
/// <param name="transport">The way to the server.</param>
internal sealed class Drawing(IOneShotTransport transport)
{
    /// <summary>Submits a job.</summary>
    /// <param name="generation">What to draw.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The job's id.</returns>
    public async Task<string> RunAsync(Generation generation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(generation);
        using var activity = Telemetry.Source.StartActivity("oneshot generate");

        // Checked before anything is asked: the model's name is all that may be missing.
        var request = generation.ToRequest(generation.Model ?? Defaults.Model);
        if (generation is { Model: null, Implantations: [var first, ..] })
        {
            var trained = await transport.Implantations.GetStatusAsync(first.Id, cancellationToken);
            request = request with { Model = request.Model with { Name = trained.Request.Model.Name } };
        }

        var id = (await transport.Generations.SubmitAsync(request, generation.IdempotencyKey ?? IdempotencyKey.New(), cancellationToken)).Id;
        activity?.SetTag("oneshot.job.id", id);
        return id;
    }
}
