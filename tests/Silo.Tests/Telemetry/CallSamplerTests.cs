using System.Diagnostics;
using OpenTelemetry.Trace;
using OrleansOneShot.Silo.Telemetry;

namespace OrleansOneShot.Silo.Tests.Telemetry;

public sealed class CallSamplerTests
{
    [Theory]
    [InlineData("IImplantationGrain/Submit", SamplingDecision.RecordAndSample)]
    [InlineData("oneshot checkpoint", SamplingDecision.RecordAndSample)]
    [InlineData("IAsyncEnumerableGrainExtension/MoveNext", SamplingDecision.Drop)]
    public void Sample_OfASpanWithinARecordedOne_IsTakenUnlessItIsPartOfAStream(string name, SamplingDecision decision)
    {
        var parameters = new SamplingParameters(default, ActivityTraceId.CreateRandom(), name, ActivityKind.Internal);
        Assert.Equal(decision, new CallSampler().ShouldSample(parameters).Decision);
    }
}
