using System.Globalization;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>How long and how fast a method trains.</summary>
/// <param name="LearningRate">AdamW's learning rate.</param>
/// <param name="Steps">Training steps.</param>
/// <param name="Schedule">How the rate changes; null: as the model says for the method, else constant.</param>
internal sealed record MethodSettings(double LearningRate, int Steps, LearningRateSchedule? Schedule = null)
{
    /// <summary>Learning rate of ours' token vectors, where the model's own must not count; null: as the model says.</summary>
    public double? TokenLearningRate { get; init; }

    /// <summary>The number in each grid, from 1, of the method's own settings.</summary>
    public const int OwnNumber = 2;

    // Factors of the method's own learning rate and steps, so that one grid serves models of any size. Every method gets the same number of tries.
    private static readonly double[] s_rates = [0.5, 1, 2];
    private static readonly double[] s_steps = [1, 2];

    /// <summary>
    /// What the paper does: one learning rate and step count for all methods. They are those that the model has for ours, or those that are given; the
    /// schedule, too, is ours for all.
    /// </summary>
    /// <param name="defaults">The model's defaults.</param>
    /// <param name="learningRate">Given; null: the model's.</param>
    /// <param name="steps">Given; null: the model's.</param>
    public static MethodSettings OfPaper(ModelDefaults defaults, double? learningRate, int? steps)
    {
        var word = defaults.LearningRateSchedule;
        var rate = learningRate ?? defaults.LearningRate ?? Defaults.LearningRate;
        return new MethodSettings(
            rate,
            steps ?? defaults.Steps ?? Defaults.Steps,
            word is null ? LearningRateSchedule.Constant : (LearningRateSchedule)Setting.Of<TrainingOptions>(options => options.Schedule).ValueOf(word)
        )
        {
            TokenLearningRate = defaults.TokenLearningRate is null ? null : rate,
        };
    }

    /// <summary>The grid that a method's best is chosen from: half, once and twice its own learning rate, with once and twice its own steps.</summary>
    /// <param name="method">The method.</param>
    /// <param name="defaults">The model's defaults.</param>
    /// <returns>Settings, the method's own ones among them.</returns>
    public static IReadOnlyList<MethodSettings> GridOf(TrainingMethod method, ModelDefaults defaults)
    {
        var own = defaults.Of(method);
        var (rate, steps) = (own.LearningRate ?? method.LearningRate(), own.Steps ?? method.Steps());
        return [.. s_steps.SelectMany(more => s_rates.Select(faster => new MethodSettings(rate * faster, (int)(steps * more))))];
    }

    /// <summary>These settings, with those that a variant gives itself in their places.</summary>
    /// <param name="change">The variant; null: none.</param>
    public MethodSettings With(VariantChange? change)
    {
        if (change is null)
        {
            return this;
        }

        var own = change.Put(
            new TrainingOptions
            {
                LearningRate = LearningRate,
                Steps = Steps,
                Schedule = Schedule,
            }
        );
        return this with { LearningRate = own.LearningRate!.Value, Steps = own.Steps!.Value, Schedule = own.Schedule };
    }

    /// <summary>The settings in words.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"learning rate {LearningRate:0.######}, {Steps} steps")
        + (Schedule is { } schedule ? $", {Setting.WordOf(schedule)}" : "");
}
