using System.Diagnostics.CodeAnalysis;
using OrleansOneShot.Compute;

namespace OrleansOneShot.ModelHub;

/// <summary>The address of a host of models.</summary>
public static class HostAddress
{
    /// <summary>The variable that holds the address. A silo fetches models that it lacks from there, and from no host unless it is set.</summary>
    public const string Variable = "ONESHOT_MODELS_URL";

    /// <summary>Reads the environment's address.</summary>
    /// <param name="variable">Looks up a variable of the environment; null takes the process's own.</param>
    /// <returns>The address; null when the variable is not set.</returns>
    /// <exception cref="InvalidInputException">It is no address.</exception>
    public static Uri? Read(Func<string, string?>? variable = null) =>
        (variable ?? Environment.GetEnvironmentVariable)(Variable) is not { Length: > 0 } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var address) ? address
        : throw new InvalidInputException($"{Variable} holds no web address.", Variable, $"Write it like {ModelPullOptions.DefaultHost}, or unset it.");

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address, or null.</param>
    /// <returns>The address; null for null.</returns>
    /// <exception cref="InvalidInputException">It is none.</exception>
    [return: NotNullIfNotNull(nameof(text))]
    public static Uri? Parse(string? text) =>
        text is null ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var address) ? address
        : throw new InvalidInputException("The address of the host is no web address.", "base-url", $"Write it like {ModelPullOptions.DefaultHost}.");
}
