using System.Collections.Immutable;
using System.Globalization;

namespace OrleansOneShot.Contracts.Jobs;

/// <summary>An object's mask by its content.</summary>
/// <param name="Sha256">SHA-256 of its bytes, 64 lower-case hexadecimal digits.</param>
/// <param name="Bytes">Its length, above 0.</param>
public readonly record struct MaskReference(string Sha256, long Bytes)
{
    /// <summary>Masks as a text: hash and length of each, such as <c>ab12...:4711</c>, in the order of the objects, a space between two.</summary>
    /// <param name="masks">The masks.</param>
    public static string ToText(IEnumerable<MaskReference> masks) =>
        string.Join(' ', masks.Select(mask => string.Create(CultureInfo.InvariantCulture, $"{mask.Sha256}:{mask.Bytes}")));

    /// <summary>Reads what <see cref="ToText"/> gave.</summary>
    /// <param name="text">The text; or null.</param>
    /// <returns>The masks; null if it is none, or can't be read. Whether the hashes are some is for who uses them.</returns>
    public static ImmutableArray<MaskReference>? ParseAll(string? text)
    {
        var masks = ImmutableArray.CreateBuilder<MaskReference>();
        foreach (var one in text?.Split(' ') ?? [])
        {
            if (
                one.Split(':') is not [var hash, var length]
                || !long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
                || bytes < 1
            )
            {
                return null;
            }

            masks.Add(new MaskReference(hash, bytes));
        }

        return masks.Count == 0 ? null : masks.ToImmutable();
    }
}
