using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Validation;

/// <summary>The identifiers of a job's objects: those that were given, else made of the class names.</summary>
internal static class Identifiers
{
    /// <summary>Chooses the identifiers. Of two objects of one class the second becomes <c>&lt;dog-2&gt;</c>.</summary>
    /// <param name="given">What was given for each object; null where nothing was.</param>
    /// <param name="classes">The objects' checked class names.</param>
    /// <returns>An identifier for each object, all different.</returns>
    /// <exception cref="InvalidInputException">Two objects were given the same one, or a class name gives none.</exception>
    public static List<string> Choose(IReadOnlyList<string?> given, IReadOnlyList<string> classes)
    {
        // Learned tokens match whatever the case, so two that differ in case alone would be one.
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var token in given.OfType<string>())
        {
            if (!taken.Add(token))
            {
                throw new InvalidInputException(
                    $"The identifier {token} names another object already; each needs its own.",
                    "token",
                    "Give each object a token= of its own."
                );
            }
        }

        return [.. given.Select((token, i) => token ?? Free(classes[i], taken))];
    }

    /// <summary>Says which identifiers are not spelled as their class, so that nobody writes another one into prompts.</summary>
    /// <param name="given">What was given for each object; null where nothing was.</param>
    /// <param name="classes">The objects' checked class names.</param>
    /// <param name="chosen">What <see cref="Choose"/> chose.</param>
    /// <returns>A sentence each.</returns>
    public static IEnumerable<string> Notes(IReadOnlyList<string?> given, IReadOnlyList<string> classes, IReadOnlyList<string> chosen) =>
        chosen
            .Where((token, i) => given[i] is null && !IdentifierName.Spells(classes[i], token))
            .Select(token => $"The identifier of {classes[chosen.ToList().IndexOf(token)]} is {token}: so it is written in prompts.");

    private static string Free(string name, HashSet<string> taken) =>
        ClassName.DefaultToken(name) is { } token
            ? Identifier.Free(token, taken)
            : throw new InvalidInputException(
                $"No identifier can be made of the class name '{name}'.",
                "token",
                "Give one with --token, such as \"<object>\" (in --object with token=)."
            );
}
