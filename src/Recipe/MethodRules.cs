using System.Linq.Expressions;

namespace OrleansOneShot.Recipe;

/// <summary>
/// Which options go with a method. An option that a method doesn't have is refused where it asks for something; one that says what holds anyway (no prototype,
/// no class loss, no object loss) is taken.
/// </summary>
public static class MethodRules
{
    private static readonly MethodOptions s_method = new();
    private static readonly TrainingOptions s_training = new();

    private static readonly IReadOnlyList<Rule> s_rules =
    [
        Of<MethodOptions>(o => o.SubsetSize, m => m == TrainingMethod.Ours),
        Of<MethodOptions>(o => o.MaskNormalisation, m => m == TrainingMethod.Ours),
        Of<MethodOptions>(o => o.Fusion, m => m == TrainingMethod.Ours),
        Of<MethodOptions>(o => o.ClassLossAlpha, m => m == TrainingMethod.Ours),
        Of<MethodOptions>(o => o.ClassLossProbability, m => m == TrainingMethod.Ours),
        Of<MethodOptions>(o => o.PrototypeLearningRate, m => m == TrainingMethod.Ours),
        Of<MethodOptions>(o => o.PrototypeSteps, m => m == TrainingMethod.Ours),
        Of<MethodOptions>(o => o.PrototypeDistance, m => m == TrainingMethod.Ours),
        Of<MethodOptions>(o => o.ObjectView, m => m == TrainingMethod.Ours),
        Of<MethodOptions>(o => o.MaskDilate, m => m == TrainingMethod.Ours),
        Of<MethodOptions>(o => o.MaskFeather, m => m == TrainingMethod.Ours),
        Of<MethodOptions>(o => o.Vectors, TrainingMethods.LearnsVectors),
        Of<MethodOptions>(o => o.Initialisation, TrainingMethods.LearnsVectors),
        Of<MethodOptions>(o => o.ClassPictures, m => m == TrainingMethod.Dreambooth),
        Of<MethodOptions>(o => o.PriorWeight, m => m == TrainingMethod.Dreambooth),
        Of<TrainingOptions>(o => o.Rank, TrainingMethods.HasLora),
        Of<TrainingOptions>(o => o.Alpha, TrainingMethods.HasLora),
        Of<TrainingOptions>(o => o.Targets, TrainingMethods.HasLora),
        Of<TrainingOptions>(o => o.MoreTargets, TrainingMethods.HasLora),
        Of<TrainingOptions>(o => o.TokenLearningRate, m => m == TrainingMethod.Ours),
        Of<TrainingOptions>(o => o.Dora, TrainingMethods.HasLora),
        Of<TrainingOptions>(o => o.Augment, TrainingMethods.TakesAugmentations),
    ];

    /// <summary>Finds options that don't go with the method.</summary>
    /// <param name="method">Options of the method, whose name says which it is.</param>
    /// <param name="training">Options of the training.</param>
    /// <returns>The problems, in the order of the options; each names the setting at fault.</returns>
    public static IEnumerable<MethodProblem> Find(MethodOptions method, TrainingOptions training)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(training);
        var name = method.Name;
        if (!Enum.IsDefined(name))
        {
            // Its own rule says so.
            yield break;
        }

        foreach (var rule in s_rules.Where(rule => !rule.Has(name)))
        {
            var value = rule.Setting.Property.GetValue(rule.IsOfMethod ? method : training);
            if (!Equals(value, rule.Setting.Property.GetValue(rule.IsOfMethod ? s_method : s_training)))
            {
                yield return new MethodProblem(rule.Setting, rule.Field, $"is an option that {name.Title()} doesn't have; leave it out.");
            }
        }

        if (name != TrainingMethod.Ours && training.FanOut is { Mode: FanOutMode.Synchronous or FanOutMode.Periodic } fanOut)
        {
            yield return new MethodProblem(
                Setting.Of<TrainingOptions>(o => o.FanOut),
                "training.fan_out.mode",
                $"is {Setting.WordOf(fanOut.Mode)}, but a step of {name.Title()} has nothing to spread over silos; use auto or local."
            );
        }

        if (name == TrainingMethod.Ours && method is { PrototypeDistance: { } distance, Initialisation: TokenInitialisation.Random })
        {
            yield return new MethodProblem(
                Setting.Of<MethodOptions>(o => o.PrototypeDistance),
                "method.prototype_distance",
                FormattableString.Invariant($"is {distance}, but random vectors start far from the class name's; leave one of the two out.")
            );
        }

        if (name == TrainingMethod.Dreambooth && training.Precision == Precision.Bf16)
        {
            yield return new MethodProblem(
                Setting.Of<TrainingOptions>(o => o.Precision),
                "training.precision",
                $"is {training.Precision.Name()}, but {name.Title()} trains the weights themselves, which are fp32; use auto or fp32."
            );
        }
    }

    private static Rule Of<T>(Expression<Func<T, object?>> property, Func<TrainingMethod, bool> has)
    {
        var setting = Setting.Of(property);
        var isOfMethod = typeof(T) == typeof(MethodOptions);
        return new Rule(setting, $"{(isOfMethod ? "method" : "training")}.{setting.Name}", isOfMethod, has);
    }

    private sealed record Rule(Setting Setting, string Field, bool IsOfMethod, Func<TrainingMethod, bool> Has);
}

/// <summary>An option that doesn't go with the method.</summary>
/// <param name="Setting">The option.</param>
/// <param name="Field">Its field in a request, such as <c>method.vectors</c>.</param>
/// <param name="Problem">What is wrong, to follow the option's name.</param>
public sealed record MethodProblem(Setting Setting, string Field, string Problem);
