using System.Collections.Immutable;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.ModelHub;

namespace OrleansOneShot.Silo.Telemetry;

/// <summary>The base models that metrics name: the shipped ones, and those that the operator lists. Others are counted together.</summary>
internal static class MetricModels
{
    /// <summary>Names of further models, with commas between.</summary>
    public const string Variable = "ONESHOT_METRIC_MODELS";

    /// <summary>Most names in the list: each is a series of its own in many metrics.</summary>
    public const int Most = 32;

    /// <summary>The names.</summary>
    /// <param name="catalog">What is shipped.</param>
    /// <param name="variable">Reads a variable.</param>
    /// <returns>Each once.</returns>
    /// <exception cref="OneShotException">invalid_input: the list is too long.</exception>
    public static ImmutableArray<string> Of(ModelCatalog catalog, Func<string, string?> variable)
    {
        var listed = (variable(Variable) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct().ToList();
        if (listed.Count > Most)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.InvalidInput,
                    $"{Variable} lists {listed.Count} models, and metrics tell at most {Most} apart.",
                    Variable,
                    "List those that most jobs use; the others are counted together."
                )
            );
        }

        return [.. catalog.List().Where(entry => entry.Shipped).Select(entry => entry.Name).Concat(listed).Distinct(StringComparer.Ordinal)];
    }
}
