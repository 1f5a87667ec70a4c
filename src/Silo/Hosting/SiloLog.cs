using Microsoft.Extensions.Logging;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>
/// The one log of a process with a silo: what its hosts write, and how much. Of this program information, of libraries warnings, unless
/// <see cref="LevelVariable"/> says another level for both.
/// </summary>
public sealed class SiloLog
{
    /// <summary>Names the lowest level that is written: trace, debug, information, warning, error, critical.</summary>
    public const string LevelVariable = "ONESHOT_LOG_LEVEL";

    /// <summary>The form of its lines: text (the default) or json.</summary>
    public const string FormatVariable = "ONESHOT_LOG_FORMAT";

    /// <summary>Where lines go besides the file: none (the default) or stderr, for a container.</summary>
    public const string CopyVariable = "ONESHOT_LOG_COPY";

    private static readonly string[] s_levels =
    [
        .. Enum.GetNames<LogLevel>().Where(name => name != nameof(LogLevel.None)).Select(name => name.ToLowerInvariant()),
    ];

    private readonly FileLoggerProvider _file;
    private readonly LogLevel? _level;

    /// <summary>Opens a log.</summary>
    /// <param name="path">The file.</param>
    /// <param name="level">The lowest level that is written, of everything; null: information of this program, warnings of libraries.</param>
    /// <param name="isJson">Whether each line is a JSON object.</param>
    /// <param name="copy">Gets every line as well; null: the file is all.</param>
    internal SiloLog(string path, LogLevel? level, bool isJson = false, Stream? copy = null) =>
        (_file, _level) = (new FileLoggerProvider(path, isJson: isJson, copy: copy), level);

    /// <summary>Opens the log that the environment asks for.</summary>
    /// <param name="path">The file.</param>
    /// <param name="variable">Reads a variable.</param>
    /// <returns>The log.</returns>
    /// <exception cref="OneShotException">invalid_input: a variable can't be understood.</exception>
    internal static SiloLog Create(string path, Func<string, string?> variable)
    {
        var isJson = ReadChoice(variable, FormatVariable, "text", "json");
        var isCopied = ReadChoice(variable, CopyVariable, "none", "stderr");
        return new SiloLog(path, ReadLevel(variable), isJson, isCopied ? Console.OpenStandardError() : null);
    }

    /// <summary>Whether a variable has the second of two values.</summary>
    private static bool ReadChoice(Func<string, string?> variable, string name, string first, string second) =>
        variable(name) is not { Length: > 0 } text || string.Equals(text, first, StringComparison.OrdinalIgnoreCase) ? false
        : string.Equals(text, second, StringComparison.OrdinalIgnoreCase) ? true
        : throw new OneShotException(
            new ErrorDetail(ErrorCodes.InvalidInput, $"{name} is neither {first} nor {second}.", name, $"Set it to one of them; without it, it is {first}.")
        );

    /// <summary>The level that the environment asks for.</summary>
    /// <param name="variable">Reads a variable.</param>
    /// <returns>The level; null: none.</returns>
    /// <exception cref="OneShotException">invalid_input: there is no such level.</exception>
    internal static LogLevel? ReadLevel(Func<string, string?> variable) =>
        variable(LevelVariable) is not { Length: > 0 } text ? null
        : s_levels.Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<LogLevel>(text, ignoreCase: true)
        : throw new OneShotException(
            new ErrorDetail(
                ErrorCodes.InvalidInput,
                $"{LevelVariable} names no level of a log.",
                LevelVariable,
                $"Set it to one of {string.Join(", ", s_levels)}, or leave it out."
            )
        );

    /// <summary>Lets a host of this process write into the log. The file stays the silo's.</summary>
    /// <param name="logging">The host's logging.</param>
    public void AddTo(ILoggingBuilder logging)
    {
        ArgumentNullException.ThrowIfNull(logging);
        logging.AddProvider(_file.ForHost());
        logging.SetMinimumLevel(_level ?? LogLevel.Warning);
        logging.AddFilter("OrleansOneShot", _level ?? LogLevel.Information);
        // Below warnings the web server writes what callers send: addresses with their queries, and of bad requests whole lines and headers, keys included. Of
        // each call Api/Hosting/RequestLog.cs says what may be known.
        logging.AddFilter("Microsoft.AspNetCore", _level > LogLevel.Warning ? _level.Value : LogLevel.Warning);
    }
}
