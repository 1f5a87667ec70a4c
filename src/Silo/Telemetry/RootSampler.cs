using OpenTelemetry.Trace;

namespace OrleansOneShot.Silo.Telemetry;

/// <summary>
/// Which spans without a parent are recorded: those of jobs, clients and HTTP. Silos call each other all the time, also while nobody wants anything, and each
/// such call would be a trace.
/// </summary>
internal sealed class RootSampler : Sampler
{
    /// <inheritdoc/>
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        new(
            samplingParameters.Name.StartsWith("oneshot ", StringComparison.Ordinal)
            || samplingParameters.Name.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal)
                ? SamplingDecision.RecordAndSample
                : SamplingDecision.Drop
        );
}
