using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Reflection;

namespace OrleansOneShot.Recipe;

/// <summary>A value that can't be.</summary>
/// <param name="Field">The field, such as <c>training.rank</c>.</param>
/// <param name="Message">One sentence: the field, its value, what it must be.</param>
public sealed record SettingProblem(string Field, string Message);

/// <summary>Rules of a record of settings that are about more than one of them.</summary>
public interface ISettingRules
{
    /// <summary>Finds what breaks them.</summary>
    /// <param name="field">The record's own field.</param>
    /// <returns>The problems.</returns>
    IEnumerable<SettingProblem> Find(string field);
}

/// <summary>Checks records of settings by the limits that their properties state.</summary>
public static class SettingRules
{
    private const int LongestShown = 80;

    /// <summary>Finds every value that can't be, whatever the types say: a request comes from elsewhere.</summary>
    /// <param name="field">The record's field, such as <c>training</c>; empty: none.</param>
    /// <param name="options">The record.</param>
    /// <returns>The problems, in the order of the settings.</returns>
    public static IEnumerable<SettingProblem> Find(string field, object? options)
    {
        if (options is null)
        {
            return [Missing(field)];
        }

        var problems = Setting.Of(options.GetType()).SelectMany(setting => Find(setting, Join(field, setting), setting.Property.GetValue(options)));
        return options is ISettingRules rules ? problems.Concat(rules.Find(field)) : problems;
    }

    /// <summary>Finds the numbers that can't be, of a record whose other fields have rules elsewhere.</summary>
    /// <param name="field">The record's field; empty: none.</param>
    /// <param name="options">The record.</param>
    /// <returns>The problems, in the order of the settings.</returns>
    public static IEnumerable<SettingProblem> FindInNumbers(string field, object options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Setting
            .Of(options.GetType())
            .Where(setting => setting.Range is not null)
            .SelectMany(setting => Find(setting, Join(field, setting), setting.Property.GetValue(options)));
    }

    /// <summary>What a field says that has no value and needs one.</summary>
    /// <param name="field">The field.</param>
    public static SettingProblem Missing(string field) => new(field, $"{field} is missing; leave it out for the defaults, or give a value.");

    /// <summary>A text as messages show it.</summary>
    /// <param name="text">The text.</param>
    public static string Shown(string? text) =>
        text is null ? ""
        : text.Length <= LongestShown ? text
        : string.Concat(text.AsSpan(0, LongestShown - (char.IsHighSurrogate(text[LongestShown - 2]) ? 2 : 1)), "…");

    private static string Join(string field, Setting setting) => field.Length == 0 ? setting.Name : $"{field}.{setting.Name}";

    private static IEnumerable<SettingProblem> Find(Setting setting, string field, object? value) =>
        value switch
        {
            null when setting.IsOpen => [],
            ImmutableArray<string> texts => FindInTexts(setting, field, texts),
            Enum choice => FindInChoice(setting, field, choice),
            int or long or double => setting.Range is { } range && !range.Holds(value)
                ? [new SettingProblem(field, FormattableString.Invariant($"{field} is {value}; it must be {range.Words}."))]
                : [],
            bool => [],
            _ when setting.ValueType == typeof(string) => FindInText(setting, field, (string?)value),
            _ => Find(field, value),
        };

    private static IEnumerable<SettingProblem> FindInChoice(Setting setting, string field, Enum choice)
    {
        var names = string.Join(", ", Enum.GetNames(setting.ValueType)).ToLowerInvariant();
        if (setting.ValueType.IsDefined(typeof(FlagsAttribute), false))
        {
            // Of flags that are none, the number comes back instead of names.
            return int.TryParse(choice.ToString(), out _) ? [new SettingProblem(field, $"{field} is {choice}; use one or more of {names}.")] : [];
        }

        return Enum.IsDefined(setting.ValueType, choice) ? [] : [new SettingProblem(field, $"{field} is {choice}; use one of {names}.")];
    }

    private static IEnumerable<SettingProblem> FindInText(Setting setting, string field, string? text)
    {
        if (setting.Words.Count > 0 && (text is null || !setting.Words.Contains(text)))
        {
            yield return new SettingProblem(field, $"{field} is '{Shown(text)}'; use one of {string.Join(", ", setting.Words)}.");
        }
        else if (setting.Property.IsDefined(typeof(DeviceNameAttribute)) && !Devices.IsName(text))
        {
            yield return new SettingProblem(field, $"{field} is '{Shown(text)}'; use {Devices.Auto}, {Devices.Cpu} or cuda:N.");
        }
    }

    private static IEnumerable<SettingProblem> FindInTexts(Setting setting, string field, ImmutableArray<string> texts)
    {
        if (texts.IsDefault)
        {
            yield return new SettingProblem(field, $"{field} is missing; leave it empty for the default {setting.Name}.");
            yield break;
        }

        var most = setting.Property.GetCustomAttribute<MaxLengthAttribute>()!.Length;
        if (texts.Length > most)
        {
            yield return new SettingProblem(field, $"{field} is {texts.Length} {setting.Name}; it must be from 0 to {most}.");
        }

        var longest = setting.Property.GetCustomAttribute<StringLengthAttribute>()!.MaximumLength;
        for (var i = 0; i < texts.Length; i++)
        {
            // An empty prompt is a prompt.
            if (texts[i] is not { } text)
            {
                yield return Missing($"{field}[{i}]");
            }
            else if (text.Length > longest)
            {
                yield return new SettingProblem($"{field}[{i}]", $"{field}[{i}] has {text.Length} characters; at most {longest} are allowed.");
            }
        }
    }
}
