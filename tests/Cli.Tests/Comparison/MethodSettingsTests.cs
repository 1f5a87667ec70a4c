using OrleansOneShot.Cli.Comparison;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Tests.Comparison;

public sealed class MethodSettingsTests
{
    private static readonly ModelDefaults s_model = new()
    {
        LearningRate = 2e-3,
        LearningRateSchedule = "cosine",
        Steps = 80,
        Methods = new Dictionary<string, MethodDefaults>
        {
            ["lora"] = new() { LearningRate = 4e-3, Steps = 30 },
        },
    };

    [Fact]
    public void OfPaper_IsWhatTheModelHasForOurs_UnlessSomethingIsGiven()
    {
        Assert.Equal(new MethodSettings(2e-3, 80, LearningRateSchedule.Cosine), MethodSettings.OfPaper(s_model, null, null));
        Assert.Equal(new MethodSettings(5e-4, 7, LearningRateSchedule.Cosine), MethodSettings.OfPaper(s_model, 5e-4, 7));
        Assert.Equal(new MethodSettings(1e-4, 100, LearningRateSchedule.Constant), MethodSettings.OfPaper(new ModelDefaults(), null, null));
    }

    [Fact]
    public void OfPaper_ModelWithARateOfItsOwnForTokens_HasOneForAll()
    {
        var settings = MethodSettings.OfPaper(s_model with { TokenLearningRate = 0.5 }, null, null);

        TrainingOptions Options(string method) =>
            ComparisonCell.OfTable(Compared.Item("cat"), ComparedMethod.All.Single(one => one.Id == method), settings, 1).Options.Training;
        Assert.Equal((2e-3, 2e-3), (Options("ours").LearningRate, Options("ours").TokenLearningRate));
        Assert.Equal((2e-3, null), (Options("lora").LearningRate, Options("lora").TokenLearningRate));
    }

    [Theory]
    [InlineData(TrainingMethod.Ours, 2e-3, 80)]
    [InlineData(TrainingMethod.Lora, 4e-3, 30)]
    [InlineData(TrainingMethod.Dreambooth, 5e-6, 400)]
    public void GridOf_AMethod_IsAroundItsOwnSettings(TrainingMethod method, double rate, int steps)
    {
        var grid = MethodSettings.GridOf(method, s_model);

        Assert.Equal(6, grid.Distinct().Count());
        Assert.Equal(new MethodSettings(rate, steps), grid[MethodSettings.OwnNumber - 1]);
        Assert.Contains(new MethodSettings(rate / 2, steps), grid);
        Assert.Contains(new MethodSettings(rate * 2, steps * 2), grid);
    }
}
