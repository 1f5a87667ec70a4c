using System.Text.Json.Serialization.Metadata;
using OrleansOneShot.Common;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Requests;

/// <summary>What owners write on their jobs to find them again.</summary>
public static class JobMetadata
{
    /// <summary>Most pairs of a job.</summary>
    public const int Most = 16;

    /// <summary>Longest value, in UTF-16 units; it may be empty.</summary>
    public const int LongestValue = 256;

    /// <summary>
    /// No pairs. Never the same object twice: what reads stored states as JSON adds to a collection that is there already, and can't make immutable ones.
    /// </summary>
    /// <returns>An empty dictionary.</returns>
    public static IReadOnlyDictionary<string, string> None() => new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The same pairs in the one order in which they are written, wherever they come from: equal metadata give equal documents.</summary>
    /// <param name="metadata">The pairs; null stays null, for the validator to name.</param>
    /// <returns>The pairs, in the order of their keys' characters.</returns>
    public static IReadOnlyDictionary<string, string> Ordered(IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata is null)
        {
            return null!;
        }

        var ordered = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in metadata)
        {
            ordered[key] = value;
        }

        return ordered;
    }

    /// <summary>Whether metadata hold all pairs of others.</summary>
    /// <param name="metadata">A job's.</param>
    /// <param name="wanted">The pairs asked for.</param>
    /// <returns>True if none is missing and none has another value.</returns>
    public static bool Hold(IReadOnlyDictionary<string, string> metadata, IReadOnlyDictionary<string, string> wanted)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ArgumentNullException.ThrowIfNull(wanted);
        return wanted.All(pair => metadata.TryGetValue(pair.Key, out var value) && value == pair.Value);
    }

    /// <summary>Finds what is wrong with metadata.</summary>
    /// <param name="field">Their field.</param>
    /// <param name="metadata">The pairs.</param>
    /// <returns>The problems, in the order of the keys.</returns>
    public static IEnumerable<SettingProblem> Find(string field, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null)
        {
            return [SettingRules.Missing(field)];
        }

        return metadata.Count > Most
            ? [new SettingProblem(field, $"{field} has {metadata.Count} entries; it must be from 0 to {Most}.")]
            : metadata.SelectMany(pair => Find(field, pair.Key, pair.Value));
    }

    /// <summary>Makes documents leave metadata out where there are none.</summary>
    /// <param name="type">What is known of a type that is written.</param>
    internal static void LeaveOutNone(JsonTypeInfo type)
    {
        foreach (var property in type.Properties.Where(property => property.PropertyType == typeof(IReadOnlyDictionary<string, string>)))
        {
            property.ShouldSerialize = (_, value) => value is not IReadOnlyDictionary<string, string> { Count: 0 };
        }
    }

    private static IEnumerable<SettingProblem> Find(string field, string key, string? value)
    {
        // A key that is no name can't be part of a field's name either.
        if (!TextRules.IsName(key))
        {
            yield return new SettingProblem(
                field,
                $"{field} has the key '{SettingRules.Shown(key)}'; use {TextRules.NameForm}, and begin with a letter or a digit."
            );
            yield break;
        }

        var path = FieldPath.Join(field, key);
        var problem =
            value is null ? $"{path} has no value; leave it out, or give one of at most {LongestValue} characters."
            : value.Length > LongestValue ? $"{path} has {value.Length} characters; at most {LongestValue} are allowed."
            : value.Any(char.IsControl) ? $"{path} holds control characters; leave them out."
            : null;
        if (problem is not null)
        {
            yield return new SettingProblem(path, problem);
        }
    }
}
