using OrleansOneShot.Compute.Method;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Method;

public sealed class MinSnrTests(MethodGoldens goldens) : IClassFixture<MethodGoldens>
{
    private const double Gamma = 5;

    // As diffusers has it: compute_snr, then the smaller of it and gamma, over it or over one more.
    private static double Reference(double gamma, double alphaBar, PredictionType prediction)
    {
        var snr = Math.Pow(Math.Sqrt(alphaBar) / Math.Sqrt(1 - alphaBar), 2);
        return Math.Min(snr, gamma) / (prediction == PredictionType.Velocity ? snr + 1 : snr);
    }

    [Theory]
    [InlineData(PredictionType.Epsilon)]
    [InlineData(PredictionType.Velocity)]
    public void Weight_EveryTimestep_IsTheFormulas(PredictionType prediction)
    {
        foreach (var alphaBar in goldens.Schedule.AlphasCumprod)
        {
            foreach (var gamma in new[] { 0.5, 1, Gamma, 20 })
            {
                Assert.Equal(Reference(gamma, alphaBar, prediction), MinSnr.Weight(gamma, alphaBar, prediction), 1e-6);
            }

            Assert.Equal(1, MinSnr.Weight(0, alphaBar, prediction));
        }
    }

    [Fact]
    public void Weight_EndsOfASchedule_AreNumbers()
    {
        // Terminal SNR of zero, and no noise at all.
        Assert.Equal((1, 0), (MinSnr.Weight(Gamma, 0, PredictionType.Epsilon), MinSnr.Weight(Gamma, 0, PredictionType.Velocity)));
        Assert.Equal((0, 0), (MinSnr.Weight(Gamma, 1, PredictionType.Epsilon), MinSnr.Weight(Gamma, 1, PredictionType.Velocity)));
    }

    [Theory]
    [InlineData(PredictionType.Epsilon)]
    [InlineData(PredictionType.Velocity)]
    public void Evaluate_StepOfLittleNoise_WeighsEveryDenoisingTermAndNoOther(PredictionType prediction)
    {
        using var scope = NewDisposeScope();
        goldens.ResetLora();
        var draw = Draw(timestep: 50);
        var weight = Reference(Gamma, draw.AlphaBar, prediction);
        Assert.InRange(weight, 0.01, 0.9);
        ObjectiveValue Evaluate(double gamma, out float[] gradient)
        {
            var vectors = MethodGoldens.Vectors(goldens["multi.vectors"]);
            var objective = new Objective(
                goldens.Predictor,
                goldens.Conditioner,
                goldens.Embedder,
                goldens["latent_masks"],
                ObjectiveTests.MultiPrompts(goldens),
                new ObjectiveOptions { PredictionType = prediction, MinSnrGamma = gamma }
            );
            var value = objective.Evaluate(draw, vectors);
            (value.Total - value.Class!).backward();
            gradient = vectors.grad!.cpu().data<float>().ToArray();
            return value;
        }

        var plain = Evaluate(0, out var before);
        var weighed = Evaluate(Gamma, out var after);
        AssertTimes(weight, plain.Global, weighed.Global);
        AssertTimes(weight, plain.Masked[0], weighed.Masked[0]);
        AssertTimes(weight, plain.Masked[2], weighed.Masked[2]);
        Assert.Equal(plain.Class!.item<float>(), weighed.Class!.item<float>());
        var largest = before.Max(Math.Abs);
        Assert.All(before.Zip(after), pair => Assert.Equal(weight * pair.First, pair.Second, 1e-5 * largest));
    }

    [Fact]
    public void EvaluateTerms_PriorPreservation_WeighsEachTermByItsOwnTimestep()
    {
        using var scope = NewDisposeScope();
        goldens.ResetLora();
        var draw = Draw(timestep: 50) with { Prior = new PriorDraw(goldens["z"].flip(3), goldens["eps"], 10, goldens.Schedule.AlphasCumprod[10]) };
        IReadOnlyList<Tensor> Evaluate(double gamma) =>
            new WholePictureObjective(
                goldens.Predictor,
                goldens.Conditioner,
                [goldens["sp1.ids"]],
                goldens["sp1.ids"],
                0.5,
                PredictionType.Epsilon,
                gamma
            ).EvaluateTerms(draw, goldens["cl.vectors"], 0, 2);

        var (plain, weighed) = (Evaluate(0), Evaluate(Gamma));
        AssertTimes(Reference(Gamma, draw.AlphaBar, PredictionType.Epsilon), plain[0], weighed[0]);
        AssertTimes(Reference(Gamma, draw.Prior.AlphaBar, PredictionType.Epsilon), plain[1], weighed[1]);
    }

    private StepDraw Draw(int timestep) => new(goldens["z"], goldens["eps"], timestep, goldens.Schedule.AlphasCumprod[timestep], [0, 2], 0);

    private static void AssertTimes(double weight, Tensor plain, Tensor weighed) =>
        Assert.Equal(weight, weighed.item<float>() / (double)plain.item<float>(), TestDevice.Tolerance(1e-6));
}
