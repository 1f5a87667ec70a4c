using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>Something that was logged. Whichever form it takes, secrets in it are hidden.</summary>
/// <param name="Level">How much it matters.</param>
/// <param name="Category">Who says it.</param>
/// <param name="Message">What.</param>
/// <param name="Error">What went wrong; null: nothing.</param>
/// <param name="Values">What the message names, and what stands around it (a job, an epoch, a trace), the innermost last.</param>
internal sealed record LogLine(LogLevel Level, string Category, string Message, Exception? Error, IReadOnlyList<KeyValuePair<string, object?>> Values)
{
    // The template of the message, by the convention of logging.
    private const string Template = "{OriginalFormat}";

    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Words of this project's messages, by the names that its documents use.
    private static readonly Dictionary<string, string> s_names = new(StringComparer.Ordinal)
    {
        ["JobId"] = "job",
        ["RunId"] = "run",
        ["Trace"] = "trace",
    };

    private static readonly string[] s_taken = ["time", "level", "logger", "message", "exception"];

    /// <summary>A line for people; an error's stack follows in lines of its own.</summary>
    /// <param name="time">When, UTC.</param>
    /// <returns>UTF-8, with the end of the line.</returns>
    public byte[] ToText(DateTimeOffset time) =>
        Encoding.UTF8.GetBytes(
            SecretText.Scrub($"{Format(time)} {Level} {Category} {Message}{(Error is null ? "" : Environment.NewLine + Error)}{Environment.NewLine}")!
        );

    /// <summary>One JSON object on one line: time, level, logger, message, exception, and each value under its name, such as job, epoch and trace.</summary>
    /// <param name="time">When, UTC.</param>
    /// <returns>UTF-8, with the end of the line.</returns>
    public byte[] ToJson(DateTimeOffset time)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, s_json))
        {
            json.WriteStartObject();
            json.WriteString("time", Format(time));
            json.WriteString("level", Level.ToString().ToLowerInvariant());
            json.WriteString("logger", Category);
            json.WriteString("message", SecretText.Scrub(Message));
            WriteValues(json);
            if (Error is not null)
            {
                json.WriteString("exception", SecretText.Scrub(Error.ToString()));
            }
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private void WriteValues(Utf8JsonWriter json)
    {
        var written = new HashSet<string>(StringComparer.Ordinal);
        // What the message itself says counts more than what stands around it.
        for (var i = Values.Count - 1; i >= 0; i--)
        {
            var (name, value) = (NameOf(Values[i].Key), Values[i].Value);
            if (Values[i].Key != Template && value is not null && written.Add(name))
            {
                Write(json, name, value);
            }
        }

        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity && written.Add("trace"))
        {
            json.WriteString("trace", activity.TraceId.ToHexString());
        }
    }

    private static void Write(Utf8JsonWriter json, string name, object value)
    {
        switch (value)
        {
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case int or long or short or byte:
                json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                json.WriteNumber(name, number);
                break;
            default:
                json.WriteString(name, SecretText.Scrub(Convert.ToString(value, CultureInfo.InvariantCulture)));
                break;
        }
    }

    private static string NameOf(string key)
    {
        var name = s_names.TryGetValue(key, out var known) ? known : JsonNamingPolicy.SnakeCaseLower.ConvertName(key);
        return s_taken.Contains(name) ? $"value_{name}" : name;
    }

    private static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
