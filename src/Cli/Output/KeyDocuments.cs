using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Cli.Output;

/// <summary>What <c>keys list</c> says.</summary>
/// <param name="Keys">The keys, oldest first, without secrets.</param>
internal sealed record KeyListDocument(IReadOnlyList<KeyDocument> Keys);

/// <summary>Keys for people.</summary>
internal static class KeyText
{
    /// <summary>Writes a key that was just made: its secret alone on stdout, so that it can go into a file.</summary>
    /// <param name="context">The command.</param>
    /// <param name="made">The key.</param>
    public static void WriteNew(CommandContext context, NewKey made)
    {
        if (context.Json)
        {
            context.Write(made);
            return;
        }

        context.Streams.Output.WriteLine(made.Secret);
        context.Say(
            $"Key {made.Key.Id} of {made.Key.Owner}: {string.Join(", ", made.Key.Scopes)}. It is shown this once; send it as: Authorization: Bearer os1_..."
        );
    }

    /// <summary>One line for a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="now">The time.</param>
    /// <returns>The line.</returns>
    public static string Line(KeyDocument key, DateTimeOffset now)
    {
        var state =
            key.Revoked is not null ? "revoked"
            : !key.IsLive(now) ? "expired"
            : "live";
        var used = key.LastUsed is { } last ? last.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : "never used";
        return $"{key.Id}  {state}  {key.Owner}  {key.Name}  {string.Join(',', key.Scopes)}  {used}";
    }
}
