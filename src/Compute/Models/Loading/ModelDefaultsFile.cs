using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>A model folder's own defaults, <c>oneshot.json</c>. Unknown fields are passed over.</summary>
public static class ModelDefaultsFile
{
    /// <summary>Reads and checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shown">The name used in messages.</param>
    /// <returns>The defaults, each within the limits of the option that it stands in for.</returns>
    /// <exception cref="InvalidInputException">No JSON, a wrong type, or a value outside its range; the message names the field.</exception>
    public static ModelDefaults Read(string path, string shown = "oneshot.json")
    {
        var file = ConfigFile.Read(path, shown);
        var defaults = file.As<ModelDefaults>();
        if (defaults.Numbers.FirstOrDefault(number => number.Value is { } value && !number.Range.Holds(value)) is { Field: { } field } bad)
        {
            throw file.Invalid(field, FormattableString.Invariant($"{bad.Value}"), bad.Range.Words);
        }

        var schedules = Setting.Of<TrainingOptions>(options => options.Schedule).Words;
        if (defaults.LearningRateSchedule is { } schedule && !schedules.Contains(schedule))
        {
            throw file.Invalid("learning_rate_schedule", $"\"{schedule}\"", string.Join(" or ", schedules.Select(word => $"\"{word}\"")));
        }

        if (defaults.PromptTemplate is { } template && (template.Length > TextRules.Prompt || !template.Contains("{}", StringComparison.Ordinal)))
        {
            throw file.Invalid(
                "prompt_template",
                template.Length > TextRules.Prompt ? $"a text of {template.Length} characters" : $"\"{template}\"",
                $"a text of at most {TextRules.Prompt} characters with {{}} where the tokens go"
            );
        }

        return defaults;
    }
}
