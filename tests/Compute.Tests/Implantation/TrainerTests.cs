using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Implantation.Methods;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Tests.Implantation.Methods;
using OrleansOneShot.Compute.Tests.Method;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Implantation;

public sealed class TrainerTests(MethodGoldens goldens) : IClassFixture<MethodGoldens>
{
    [Theory]
    [InlineData("zero-b", true, 1.0, MaskNormalisation.Mean)]
    [InlineData("random-b", false, 0.6, MaskNormalisation.Area)]
    public void Step_ThreeSteps_FollowTheReferenceTrace(string name, bool zeroB, double classProbability, MaskNormalisation normalisation)
    {
        using var scope = NewDisposeScope();
        goldens.ResetLora(zeroB);
        using var tokens = new FlatParameters([(IdentifierVectors.Name, [12, 32])], TestDevice.Device);
        tokens.Assign(IdentifierVectors.Name, goldens["multi.vectors"]);
        var objective = new Objective(
            goldens.Predictor,
            goldens.Conditioner,
            goldens.Embedder,
            goldens["latent_masks"],
            ObjectiveTests.MultiPrompts(goldens),
            new ObjectiveOptions { ClassLossProbability = classProbability, MaskNormalisation = normalisation }
        );
        using var trainer = new Trainer(
            objective,
            (step, _) => goldens.DrawOf(step),
            Trained.Groups(goldens.Lora, tokens, 1e-4),
            tokens[IdentifierVectors.Name],
            0.01
        );
        for (var step = 0; step < 3; step++)
        {
            var expected = goldens.Json["train"]!["runs"]![name]!["losses"]![step]!;
            var losses = trainer.Step(step);
            AssertClose((double)expected["total"]!, losses.Total, $"{name} step {step} total");
            AssertClose((double)expected["global"]!, losses[LossNames.Global], $"{name} step {step} global");
            AssertClose((double)expected["l_cl"]!, losses[LossNames.Class], $"{name} step {step} l_cl");
            AssertClose(expected["masked"]!.AsObject().Sum(x => (double)x.Value!), losses[LossNames.Object], $"{name} step {step} masked");
        }

        AssertMoved(trainer.Vectors, $"train.{name}.vectors");
        foreach (var module in goldens.Lora.Parameters.Names)
        {
            AssertMoved(goldens.Lora.Parameters[module], $"train.{name}.unet.{module}");
        }
    }

    private static void AssertClose(double expected, double actual, string what)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {Math.Abs(expected - actual):E2} absolute (tolerance 1E-05)");
        Assert.Equal(expected, actual, TestDevice.Tolerance(1e-5));
    }

    // Adam divides by the gradient's own size, so elements with gradients near zero may move differently: 5e-6 against a movement of up to 3e-4, a rare outlier
    // allowed.
    private void AssertMoved(Tensor actual, string key)
    {
        using var scope = NewDisposeScope();
        var difference = (actual.detach() - goldens[key]).abs();
        var outliers = difference.Gt(TestDevice.Tolerance(5e-6)).sum().item<long>();
        Assert.True(outliers <= Math.Max(1, difference.numel() / 1000), $"{key}: {outliers} of {difference.numel()} elements deviate by more than 5e-6.");
        Assert.True(difference.max().item<float>() < 1e-4, $"{key} deviates by {difference.max().item<float>():E2}.");
    }
}
