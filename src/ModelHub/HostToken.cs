using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.ModelHub;

/// <summary>
/// The token for a host of models. It comes from the environment or from a file, never from a command line, where other users of the machine would see it.
/// </summary>
public static class HostToken
{
    /// <summary>The variable that holds the token.</summary>
    public const string Variable = "ONESHOT_MODELS_TOKEN";

    /// <summary>The variable that names a file with the token.</summary>
    public const string FileVariable = "ONESHOT_MODELS_TOKEN_FILE";

    /// <summary>Reads the token.</summary>
    /// <param name="variable">Looks up a variable of the environment; null takes the process's own.</param>
    /// <returns>The token, or null when neither variable is set.</returns>
    /// <exception cref="InvalidInputException">The file can't be read, or what is there can't be a token. The message never shows it.</exception>
    public static string? Read(Func<string, string?>? variable = null)
    {
        variable ??= Environment.GetEnvironmentVariable;
        if (variable(Variable) is { Length: > 0 } token)
        {
            return Check(token.Trim(), Variable);
        }

        if (variable(FileVariable) is not { Length: > 0 } file)
        {
            return null;
        }

        try
        {
            return LinkedFile.Of(file).Length <= 4096
                ? Check(File.ReadAllText(file).Trim(), FileVariable)
                : throw new InvalidInputException(
                    $"{FileVariable} names {file}, which is too large for a token.",
                    FileVariable,
                    "Name a file with the token alone."
                );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(
                $"{FileVariable} names {file}, which can't be read: {e.Message}",
                FileVariable,
                "Name a file with the token alone.",
                e
            );
        }
    }

    private static string Check(string token, string variable)
    {
        SecretText.Remember(token);
        return token.Length > 0 && token.All(c => c is > ' ' and <= '~')
            ? token
            : throw new InvalidInputException(
                $"What {variable} gives can't be a token: it is empty or holds other characters than visible ASCII ones.",
                variable,
                "Copy the token again."
            );
    }
}
