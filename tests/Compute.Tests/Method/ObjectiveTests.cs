using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Method;

public sealed class ObjectiveTests(MethodGoldens goldens) : IClassFixture<MethodGoldens>
{
    [Theory]
    [InlineData(1.0)]
    [InlineData(0.7)]
    public void ClassLoss_Alone_AgreesWithTheReference(double alpha)
    {
        using var scope = NewDisposeScope();
        goldens.ResetLora();
        var vectors = MethodGoldens.Vectors(goldens["cl.vectors"]);
        var value = Single(new ObjectiveOptions { ClassLossAlpha = alpha }, "latent_masks").Evaluate(Draw(SingleZ(), [0], p: 0), vectors);
        var key = $"alpha_{alpha:0.0}";
        Assert.Equal((double)goldens.Json["cl"]![key]!, value.Class!.item<float>(), TestDevice.Tolerance(1e-5));
        value.Class.backward();
        Golden.AssertClose(vectors.grad!, goldens[$"cl.grad.{key}"], 1e-4, $"cl.grad.{key}");
    }

    [Theory]
    [InlineData("soft", "latent_masks", PredictionType.Epsilon, MaskNormalisation.Mean)]
    [InlineData("binary", "sp1.binary_mask", PredictionType.Epsilon, MaskNormalisation.Mean)]
    [InlineData("area", "latent_masks", PredictionType.Epsilon, MaskNormalisation.Area)]
    [InlineData("v", "latent_masks", PredictionType.Velocity, MaskNormalisation.Mean)]
    public void ObjectLoss_OneObject_AgreesWithTheReference(string name, string mask, PredictionType prediction, MaskNormalisation normalisation)
    {
        using var scope = NewDisposeScope();
        goldens.ResetLora();
        var vectors = MethodGoldens.Vectors(goldens["cl.vectors"]);
        var options = new ObjectiveOptions
        {
            PredictionType = prediction,
            MaskNormalisation = normalisation,
            ClassLoss = false,
        };
        var value = Single(options, mask).Evaluate(Draw(SingleZ(), [0], p: 0), vectors);
        var expected = goldens.Json["sp1"]!["cases"]![name]!;
        AssertLoss(expected["loss"]!, value.Total, $"{name}.loss");
        AssertLoss(expected["masked"]!, value.Masked[0], $"{name}.masked");
        AssertLoss(expected["global"]!, value.Global, $"{name}.global");
        Assert.Null(value.Class);
        value.Total.backward();
        Golden.AssertClose(vectors.grad!, goldens[$"sp1.{name}.grad.vectors"], 1e-4, $"sp1.{name}.grad.vectors");
        goldens.AssertLoraGradients($"sp1.{name}.grad");
    }

    [Theory]
    [InlineData("plain", PredictionType.Epsilon, MaskNormalisation.Mean)]
    [InlineData("area", PredictionType.Epsilon, MaskNormalisation.Area)]
    [InlineData("v", PredictionType.Velocity, MaskNormalisation.Mean)]
    public void ObjectLoss_TwoOfThreeObjects_AgreesWithTheReference(string name, PredictionType prediction, MaskNormalisation normalisation)
    {
        using var scope = NewDisposeScope();
        goldens.ResetLora();
        var vectors = MethodGoldens.Vectors(goldens["multi.vectors"]);
        var objective = Multi(new ObjectiveOptions { PredictionType = prediction, MaskNormalisation = normalisation });
        var value = objective.Evaluate(Draw(SingleZ(), [0, 2], p: 0), vectors);
        var expected = goldens.Json["multi"]!["cases"]![name]!;
        AssertLoss(expected["total"]!, value.Total, $"{name}.total");
        AssertLoss(expected["l_cl"]!, value.Class!, $"{name}.l_cl");
        AssertLoss(expected["global"]!, value.Global, $"{name}.global");
        AssertLoss(expected["masked"]!["0"]!, value.Masked[0], $"{name}.masked.0");
        AssertLoss(expected["masked"]!["2"]!, value.Masked[2], $"{name}.masked.2");

        value.Global.Add(value.Masked[0]).Add(value.Masked[2]).backward();
        Golden.AssertClose(vectors.grad!, goldens[$"multi.{name}.l_sp.grad.vectors"], 1e-4, $"multi.{name}.l_sp.grad.vectors");
        goldens.AssertLoraGradients($"multi.{name}.l_sp.grad");
        vectors.grad!.zero_();
        value.Class!.backward();
        Golden.AssertClose(vectors.grad!, goldens[$"multi.{name}.l_cl.grad.vectors"], 1e-4, $"multi.{name}.l_cl.grad.vectors");
    }

    [Fact]
    public void Evaluate_OwnViewsThatAreTheSharedOne_ChangeNothing()
    {
        using var scope = NewDisposeScope();
        goldens.ResetLora();
        var objective = Multi(new ObjectiveOptions());
        var draw = Draw(SingleZ(), [0, 2], p: 0);
        var shared = objective.Evaluate(draw, goldens["multi.vectors"]);
        var own = objective.Evaluate(
            draw with
            {
                ObjectLatents = new Dictionary<int, Tensor> { [0] = SingleZ(), [2] = SingleZ() },
            },
            goldens["multi.vectors"]
        );
        Assert.Equal(shared.Total.item<float>(), own.Total.item<float>());
    }

    [Fact]
    public void Evaluate_OwnViewOfOneObject_ChangesItsMaskedTermAlone()
    {
        using var scope = NewDisposeScope();
        goldens.ResetLora();
        var objective = Multi(new ObjectiveOptions());
        var draw = Draw(SingleZ(), [0, 2], p: 0);
        var shared = objective.Evaluate(draw, goldens["multi.vectors"]);
        var own = objective.Evaluate(
            draw with
            {
                ObjectLatents = new Dictionary<int, Tensor> { [0] = SingleZ(), [2] = SingleZ().flip(3) },
            },
            goldens["multi.vectors"]
        );
        Assert.Equal(shared.Global.item<float>(), own.Global.item<float>());
        Assert.Equal(shared.Masked[0].item<float>(), own.Masked[0].item<float>());
        Assert.NotEqual(shared.Masked[2].item<float>(), own.Masked[2].item<float>());
    }

    [Fact]
    public void Evaluate_MasksOfTheDraw_TakeThePlaceOfTheObjectives()
    {
        using var scope = NewDisposeScope();
        goldens.ResetLora();
        var draw = Draw(SingleZ(), [0, 2], p: 0);
        var masks = goldens["latent_masks"];
        ObjectiveValue Evaluate(Tensor own, Tensor? ofTheDraw) =>
            new Objective(goldens.Predictor, goldens.Conditioner, goldens.Embedder, own, MultiPrompts(goldens), new ObjectiveOptions()).Evaluate(
                draw with
                {
                    Masks = ofTheDraw,
                },
                goldens["multi.vectors"]
            );

        var (expected, actual, without) = (Evaluate(masks.flip(3), null), Evaluate(masks, masks.flip(3)), Evaluate(masks, null));
        Assert.Equal(expected.Total.item<float>(), actual.Total.item<float>());
        Assert.NotEqual(without.Masked[0].item<float>(), actual.Masked[0].item<float>());
        Assert.Equal(without.Global.item<float>(), actual.Global.item<float>());
    }

    [Fact]
    public void Evaluate_WithoutObjectLoss_IsTheGlobalTermAlone()
    {
        using var scope = NewDisposeScope();
        goldens.ResetLora();
        var value = Single(new ObjectiveOptions { ObjectLoss = false, ClassLoss = false }, "latent_masks")
            .Evaluate(Draw(SingleZ(), [0], p: 0), goldens["cl.vectors"]);
        AssertLoss(goldens.Json["sp1"]!["cases"]!["soft"]!["global"]!, value.Total, "global alone");
        Assert.Empty(value.Masked);
    }

    [Theory]
    [InlineData(0.6, 0.59, true)]
    [InlineData(0.6, 0.6, false)]
    [InlineData(0, 0, false)]
    public void Evaluate_ClassLoss_CountsOnlyBelowItsProbability(double probability, double p, bool counts)
    {
        using var scope = NewDisposeScope();
        var value = Single(new ObjectiveOptions { ClassLossProbability = probability }, "latent_masks")
            .Evaluate(Draw(SingleZ(), [0], p), goldens["cl.vectors"]);
        Assert.Equal(counts, value.Class is not null);
    }

    internal static void AssertLoss(System.Text.Json.Nodes.JsonNode expected, Tensor actual, string what)
    {
        var deviation = Math.Abs((double)expected - actual.item<float>());
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {deviation:E2} absolute (tolerance 1E-05)");
        Assert.True(deviation <= TestDevice.Tolerance(1e-5), $"{what} deviates by {deviation:E2}.");
    }

    private Tensor SingleZ() => goldens["z"];

    private StepDraw Draw(Tensor z, int[] subset, double p)
    {
        var t = (long)goldens.Json["sp1"]!["timestep"]!;
        return new StepDraw(z, goldens["eps"], t, goldens.Schedule.AlphasCumprod[(int)t], subset, p);
    }

    private Objective Single(ObjectiveOptions options, string mask) =>
        new(
            goldens.Predictor,
            goldens.Conditioner,
            goldens.Embedder,
            goldens[mask].narrow(0, 0, 1),
            new ObjectivePrompts(goldens["sp1.ids"], [goldens["sp1.ids"]], [goldens["pe.own_ids"]], [goldens["pe.class_embedding"]]),
            options
        );

    private Objective Multi(ObjectiveOptions options) =>
        new(goldens.Predictor, goldens.Conditioner, goldens.Embedder, goldens["latent_masks"], MultiPrompts(goldens), options);

    internal static ObjectivePrompts MultiPrompts(MethodGoldens goldens)
    {
        Tensor[] Rows(string key) => [.. Enumerable.Range(0, 3).Select(i => goldens[key].narrow(0, i, 1))];
        return new ObjectivePrompts(goldens["multi.global_ids"], Rows("multi.object_ids"), Rows("multi.own_ids"), Rows("multi.class_embeddings"));
    }
}
