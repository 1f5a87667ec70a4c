using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.FanOut;

public sealed class FanOutChoiceTests
{
    [Theory]
    [InlineData(3, 2, 17.23, 6.62, 0.05, true, "61 % less")] // Stable Diffusion 1.5 in bfloat16, a slot a term
    [InlineData(3, 1, 17.23, 6.62, 0.05, true, "2 x 6.62 s")] // two slots: one of them takes two terms
    [InlineData(2, 1, 11.58, 6.62, 0.05, true, "42 % less")] // one object
    [InlineData(3, 2, 0.060, 0.040, 0.030, false, "more, and at least")] // the toy model: the way costs more than it saves
    [InlineData(3, 2, 1.0, 0.85, 0.04, true, "11 % less")]
    [InlineData(3, 2, 1.0, 0.87, 0.04, false, "9 % less")] // gains too little
    [InlineData(3, 9, 17.23, 6.62, 0.05, true, "3 terms on 3 slots")] // more slots than terms
    [InlineData(1, 2, 17.23, 6.62, 0.05, false, "one term")]
    [InlineData(3, 0, 17.23, 6.62, null, false, "no other slot")]
    [InlineData(3, 2, 17.23, 6.62, null, false, "could not be measured")]
    public void Decide_Measured_SpreadsWhatIsATenthFaster(int terms, int workers, double step, double term, double? transfer, bool spread, string words)
    {
        var (decided, reason) = FanOutChoice.Decide(
            new FanOutMeasurements
            {
                Terms = terms,
                Workers = workers,
                StepSeconds = step,
                TermSeconds = term,
                TransferSeconds = transfer,
                ReduceSeconds = 0.002,
                PayloadBytes = 3_188_736,
                AnswerBytes = 1_594_368,
            }
        );
        TestContext.Current.TestOutputHelper?.WriteLine(reason);
        Assert.Equal(spread, decided);
        Assert.Contains(words, reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.89, true, "0.89 s a step when tried")]
    [InlineData(0.95, false, "predicted 0.36 s")]
    public void Decide_StepWasTried_GoesByThatAndNotByThePrediction(double tried, bool spread, string words)
    {
        var (decided, reason) = FanOutChoice.Decide(
            new FanOutMeasurements
            {
                Terms = 3,
                Workers = 2,
                StepSeconds = 1,
                TermSeconds = 0.35,
                TransferSeconds = 0.01,
                ReduceSeconds = 0,
                TriedSeconds = tried,
                PayloadBytes = 1,
                AnswerBytes = 1,
            }
        );
        Assert.Equal(spread, decided);
        Assert.Contains(words, reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, null, 100, 1000, int.MaxValue, false)]
    [InlineData(3, null, 100, 300, int.MaxValue, false)]
    [InlineData(3, null, 100, 299, 2, true)]
    [InlineData(3, null, 100, 150, 1, true)]
    [InlineData(3, null, 100, -5, 1, true)] // nothing is free: try with the least
    [InlineData(1, null, 100, 50, int.MaxValue, false)]
    [InlineData(3, 2, 100, 50, 2, false)] // asked for
    [InlineData(3, 3, 100, 50, int.MaxValue, false)]
    [InlineData(3, 64, 100, 50, int.MaxValue, false)]
    public void MicroBatch_ByMemory_IsWhatFits(int terms, int? asked, long bytes, long room, int expected, bool reasoned)
    {
        var (microBatch, reason) = MicroBatchChoice.Decide(terms, asked, bytes, room);
        Assert.Equal(expected, microBatch);
        Assert.Equal(reasoned, reason is not null);
    }

    [Theory]
    [InlineData(ScalarType.BFloat16, 1.0)]
    [InlineData(ScalarType.Float32, 1.86)]
    public void BytesOfTerm_StableDiffusion_IsWhatWasMeasured(ScalarType type, double measuredGibibytes)
    {
        var estimate = MicroBatchChoice.BytesOfTerm(new UNetConfig(), 64, 64, type) / (double)(1 << 30);
        Assert.InRange(estimate / measuredGibibytes, 0.9, 1.15);
    }

    // What each of the 5 transformers of a level keeps besides: six products of its width.
    [Theory]
    [InlineData(LoraTargetModules.Attention, 30)]
    [InlineData(LoraTargetModules.Cross, 10)]
    [InlineData(LoraTargetModules.Attention | LoraTargetModules.FeedForward, 75)]
    public void BytesOfTerm_Dora_CountsTheProductsThatItKeeps(LoraTargetModules targets, int valuesAPoint)
    {
        long Bytes(LoraTargetModules dora) => MicroBatchChoice.BytesOfTerm(new UNetConfig(), 64, 64, ScalarType.Float32, dora);
        const long Points = 2_375_680;
        Assert.Equal(valuesAPoint * Points * sizeof(float), Bytes(targets) - Bytes(LoraTargetModules.None));
    }

    [Fact]
    public void BytesOfTerm_ToyModel_IsNeverShortOfMemory()
    {
        var config = UNetConfig.Read(Path.Combine(Repository.Model, "unet", "config.json"));
        var bytes = MicroBatchChoice.BytesOfTerm(config, 16, 16, ScalarType.Float32);
        Assert.InRange(bytes, 1, 64 << 20);
    }

    [Theory]
    [InlineData(3, 2, 3)]
    [InlineData(4, 2, 6)]
    [InlineData(2, 5, 1)]
    [InlineData(1, 1, 1)]
    [InlineData(14, 7, 64)]
    public void Combinations_OfObjects_AreCountedUpToTheMostParticipants(int objects, int subset, int expected) =>
        Assert.Equal(expected, FanOutPlanner.Combinations(objects, subset));

    [Fact]
    public void Decision_ThroughACheckpoint_IsTheSame()
    {
        var decision = new FanOutDecision
        {
            Asked = "periodic:5",
            Evaluation = TermEvaluation.Rounds,
            MicroBatch = 2,
            Spread = true,
            Period = 5,
            Participants = 3,
            Reason = "as asked for",
            Measured = new FanOutMeasurements
            {
                Terms = 3,
                Workers = 2,
                StepSeconds = 1,
                TermSeconds = 0.5,
                TransferSeconds = null,
                ReduceSeconds = 0.1,
                PayloadBytes = 4,
                AnswerBytes = 2,
            },
            MustBeKept = true,
        };
        Assert.Equal(decision, FanOutDecision.FromText(decision.ToText()));
        Assert.Equal("rounds of 5 over 3", decision.Name);
    }

    [Fact]
    public void Decision_OfACheckpointWithoutOne_IsBatch() => Assert.Equal("batch", FanOutDecision.FromText(null).Name);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"asked\":\"x\",\"reason\":\"x\",\"micro_batch\":0}")]
    [InlineData("{\"asked\":\"x\",\"reason\":\"x\",\"evaluation\":\"rounds\"}")]
    public void Decision_ThatIsNone_IsRefused(string text) => Assert.Throws<InvalidInputException>(() => FanOutDecision.FromText(text));
}
