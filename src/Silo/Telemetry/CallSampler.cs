using OpenTelemetry.Trace;

namespace OrleansOneShot.Silo.Telemetry;

/// <summary>Which spans within a recorded one are recorded: all but the parts of a stream, of which a watched job has one a step.</summary>
internal sealed class CallSampler : Sampler
{
    private const string Stream = "IAsyncEnumerableGrainExtension/";

    /// <inheritdoc/>
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        new(samplingParameters.Name.StartsWith(Stream, StringComparison.Ordinal) ? SamplingDecision.Drop : SamplingDecision.RecordAndSample);
}
