using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Silo.Tests.Engine.Options;

/// <summary>A job keeps the model's defaults that it began with, whatever its oneshot.json says when the job goes on.</summary>
public sealed class KeptDefaultsTests(OptionRuns runs) : IClassFixture<OptionRuns>, IDisposable
{
    private const string Before = """{ "learning_rate": 0.002, "methods": { "ours": {} }, "steps": 2 }""";

    // As a version would put it in that knows more fields.
    private const string WithNewFields =
        """{ "learning_rate": 0.002, "min_snr_gamma": 2, "mask_normalisation": "area", "methods": { "ours": {} }, "steps": 2 }""";

    private ImplantationRequest Open =>
        runs.Plain with
        {
            // Requests of earlier versions named the averaging, whether they were told to or not.
            Method = runs.Plain.Method with
            {
                MaskNormalisation = MaskNormalisation.Mean,
            },
            Training = runs.Plain.Training with { LearningRate = null, Steps = null },
            Samples = runs.Plain.Samples with { PerPrompt = 0 },
        };

    [Theory]
    [InlineData("""{ "learning_rate": 0.1, "min_snr_gamma": 5, "steps": 3 }""")]
    [InlineData(null)]
    public void Run_DefaultsHaveChangedSince_TrainsWithThoseThatItBeganWith(string? later)
    {
        runs.WriteDefaults("tiny", Before);
        var first = runs.Run(Open);
        Assert.Equal(Before, first.Settled?.Defaults);
        runs.WriteDefaults("tiny", later);

        var again = runs.Run(Open, first.Settled);

        Assert.Equal(first.Fingerprint, again.Fingerprint);
        Assert.Equal(first.Weights(2, 'B'), again.Weights(2, 'B'));
        Assert.Equal(first.Settled, again.Settled);
        var other = runs.Run(Open with { Training = Open.Training with { Steps = 2 } });
        Assert.NotEqual(first.Fingerprint, other.Fingerprint);
    }

    [Fact]
    public void Run_ModelHadNoDefaults_DoesWithoutThem()
    {
        runs.WriteDefaults("tiny", null);
        var request = Open with { Training = Open.Training with { Steps = 2 } };
        var first = runs.Run(request);
        Assert.Equal("", first.Settled?.Defaults);
        runs.WriteDefaults("tiny", Before);

        Assert.Equal(first.Fingerprint, runs.Run(request, first.Settled).Fingerprint);
    }

    [Fact]
    public void Run_SettledByAVersionThatKeptNoDefaults_DoesWithoutThoseThatItDidNotKnow()
    {
        runs.WriteDefaults("tiny", Before);
        var first = runs.Run(Open);
        runs.WriteDefaults("tiny", WithNewFields);

        var again = runs.Run(Open, first.Settled! with { Defaults = null });

        Assert.Equal(first.Fingerprint, again.Fingerprint);
        Assert.Equal(first.Settled, again.Settled);
        Assert.NotEqual(first.Fingerprint, runs.Run(Open).Fingerprint);
    }

    public void Dispose() => runs.WriteDefaults("tiny", null);
}
