using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation;

namespace OrleansOneShot.Compute.Tests.Implantation.Reference;

/// <summary>
/// A photo of three objects that is cropped and never resized, so that what training sees can be told by hand: 96 x 48 pixels, trained at 48 x 48. Every
/// object, and all of them together, is wider than 60 % of the short side, so every crop is the whole height: at x 20 for all, and at 0, 18 and 44 for the
/// objects' own views.
/// </summary>
internal static class ReferenceScene
{
    /// <summary>Pixels a row of the photo.</summary>
    public const int Width = 96;

    /// <summary>Rows, and the side of every crop.</summary>
    public const int Side = 48;

    /// <summary>Where the crop of all objects begins.</summary>
    public const int SharedLeft = 20;

    /// <summary>Where each object's own crop begins.</summary>
    public static IReadOnlyList<int> OwnLeft { get; } = [0, 18, 44];

    /// <summary>Class names.</summary>
    public static IReadOnlyList<string> Classes { get; } = ["cat", "dog", "red cup"];

    /// <summary>Identifiers.</summary>
    public static IReadOnlyList<string> Tokens { get; } = ["<aa>", "<bb>", "<cc>"];

    private static readonly (int Left, int Top, int Right, int Bottom)[] s_boxes = [(8, 4, 32, 28), (30, 10, 54, 40), (56, 20, 80, 47)];

    /// <summary>The photo and the masks, as files.</summary>
    public static ImplantationInputs Inputs =>
        new(
            Png((x, y) => Pixel(x, y)),
            [.. Enumerable.Range(0, 3).Select(i => new ImplantationObject(Classes[i], Tokens[i], Png((x, y) => Grey(Mask(i, x, y)))))]
        );

    /// <summary>A pixel of the photo.</summary>
    public static (byte R, byte G, byte B) Pixel(int x, int y) =>
        ((byte)((x * 2) + ((x * y) % 37)), (byte)(255 - (y * 4) - ((x * 7) % 41)), (byte)(((x * 11) + (y * 13)) % 256));

    /// <summary>A mask's value, 0 to 255: soft at its rim and on its right half.</summary>
    public static byte Mask(int i, int x, int y)
    {
        var (left, top, right, bottom) = s_boxes[i];
        return x < left || x >= right || y < top || y >= bottom ? (byte)0
            : x == left || y == top || x == right - 1 || y == bottom - 1 ? (byte)100
            : x > (left + right) / 2 ? (byte)190
            : (byte)255;
    }

    private static (byte R, byte G, byte B) Grey(byte value) => (value, value, value);

    private static byte[] Png(Func<int, int, (byte R, byte G, byte B)> pixel)
    {
        var pixels = new List<byte>();
        for (var y = 0; y < Side; y++)
        {
            for (var x = 0; x < Width; x++)
            {
                var (r, g, b) = pixel(x, y);
                pixels.AddRange([r, g, b]);
            }
        }

        return PngWriter.Encode(new RgbImage(Width, Side, [.. pixels]));
    }
}
