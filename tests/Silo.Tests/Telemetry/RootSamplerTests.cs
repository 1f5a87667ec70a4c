using System.Diagnostics;
using OpenTelemetry.Trace;
using OrleansOneShot.Silo.Telemetry;

namespace OrleansOneShot.Silo.Tests.Telemetry;

public sealed class RootSamplerTests
{
    [Theory]
    [InlineData("oneshot epoch", SamplingDecision.RecordAndSample)]
    [InlineData("oneshot implant", SamplingDecision.RecordAndSample)]
    [InlineData("Microsoft.AspNetCore.Hosting.HttpRequestIn", SamplingDecision.RecordAndSample)]
    [InlineData("ISchedulerGrain/Announce", SamplingDecision.Drop)]
    public void Sample_OfASpanWithoutParent_IsTakenWhereSomebodyWantsSomething(string name, SamplingDecision decision)
    {
        var parameters = new SamplingParameters(default, ActivityTraceId.CreateRandom(), name, ActivityKind.Internal);
        Assert.Equal(decision, new RootSampler().ShouldSample(parameters).Decision);
    }
}
