using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Implantation.Methods;
using OrleansOneShot.Compute.Tests.Models;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Implantation.Methods;

public sealed class LoraPartsTests
{
    private const double LoraRate = 1e-3;

    [Theory]
    [InlineData(null, 1)]
    [InlineData(4e-3, 1)]
    [InlineData(4e-3, 0.25)]
    public void Step_RateOfTheTokens_MovesThemByItAndLoraByItsOwn(double? tokenRate, double factor)
    {
        using var scope = NewDisposeScope();
        using var models = LoadedModels.Load(TinyModel.Open(), ScalarType.Float32, CPU);
        var options = new ImplantationOptions
        {
            Name = "x",
            Resolution = 64,
            LearningRate = LoraRate,
            TokenLearningRate = tokenRate,
            WeightDecay = 0,
            UsePrototype = false,
            Objective = new ObjectiveOptions { ClassLoss = false },
        };
        using var preparation = Preparation.Create(
            File.ReadAllBytes(Repository.Sample("cat.png")),
            [new ImplantationObject("cat", "<cat>", File.ReadAllBytes(Repository.Sample("cat-mask.png")))],
            options,
            models,
            null
        );
        var run = new MethodRun(models, null, preparation, options, SilentObserver.Instance, default);
        using var parts = TrainingParts.Create(run);
        MethodCatalog.Get(options.Method).Start(run, parts.Trained);
        parts.Trained.Attach();
        var before = Values(parts.Trained.Vectors);
        parts.Trainer.Step(0, factor);
        parts.Trained.Detach();

        // Adam's first step is the rate, whatever the gradient's size; B starts at zero, and A has no gradient as long as B is.
        var lora = parts.Trained.Groups.Single(group => group.Name == LoraParts.GroupName).Parameters;
        var moved = lora.Names.Where(name => name.EndsWith("lora_B.weight", StringComparison.Ordinal)).SelectMany(name => Values(lora[name]));
        AssertMedian(LoraRate * factor, moved);
        AssertMedian((tokenRate ?? LoraRate) * factor, Values(parts.Trained.Vectors).Zip(before, (after, start) => after - start));
    }

    private static void AssertMedian(double expected, IEnumerable<float> moves)
    {
        var sizes = moves.Select(move => (double)Math.Abs(move)).Order().ToList();
        Assert.Equal(1, sizes[sizes.Count / 2] / expected, 0.01);
        Assert.Equal(1, sizes[^1] / expected, 0.01);
    }

    private static float[] Values(Tensor tensor) => tensor.detach().contiguous().data<float>().ToArray();
}
