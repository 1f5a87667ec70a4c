using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Evaluation;

/// <summary>
/// <c>patch_distance</c>: whether the details of an object are found in a picture that should show it. For each patch of 7 x 7 pixels of the object (at a
/// side of 64 for its crop), the nearest patch of the picture is sought, anywhere and at three sizes, by the colours of its pixels that are object; the mean
/// over the patches counts (the completeness of Simakov et al. 2008). Root mean square Delta E a pixel: 0 where each detail is there as it was, 15 and more
/// where colours or pattern are others. An object that is turned or lit in another way has other patches, so that this never reaches 0 in a picture that is
/// worth something.
/// </summary>
internal sealed class PatchDistance : IDisposable
{
    private const int Patch = 7;
    private const int Stride = 3;
    private const int Values = Patch * Patch * 3;

    // Lightness about its middle: smaller numbers lose less in float32.
    private const float MiddleLightness = 50;

    // Sides of the picture beside the object's crop of 64: objects are drawn smaller and larger than the crop shows them.
    private static readonly int[] s_sides = [48, LabPicture.Side, 85];

    private readonly Tensor _weighted; // (patches, values): -2 m r / sum m
    private readonly Tensor _weights; // (patches, values): m / sum m
    private readonly Tensor _squares; // (patches, 1): sum m r^2 / sum m

    /// <summary>Takes the object's patches.</summary>
    /// <param name="picture">A picture of it.</param>
    /// <param name="mask">What of each pixel is object, 0 to 1; not nothing.</param>
    public PatchDistance(LabPicture picture, float[] mask)
    {
        var places = Places(picture, mask);
        var (weighted, weights, squares) = (new float[places.Count * Values], new float[places.Count * Values], new float[places.Count]);
        for (var n = 0; n < places.Count; n++)
        {
            var (left, top, covered) = places[n];
            var at = n * Values;
            for (var y = 0; y < Patch; y++)
            {
                for (var x = 0; x < Patch; x++)
                {
                    var pixel = ((top + y) * picture.Width) + left + x;
                    var weight = mask[pixel] / covered;
                    for (var c = 0; c < 3; c++, at++)
                    {
                        var value = picture.Values[(pixel * 3) + c] - (c == 0 ? MiddleLightness : 0);
                        (weights[at], weighted[at]) = (weight, -2 * weight * value);
                        squares[n] += weight * value * value;
                    }
                }
            }
        }

        using var scope = NewDisposeScope();
        _weighted = tensor(weighted, [places.Count, Values]).DetachFromDisposeScope();
        _weights = tensor(weights, [places.Count, Values]).DetachFromDisposeScope();
        _squares = tensor(squares, [places.Count, 1]).DetachFromDisposeScope();
    }

    /// <summary>The distance to a picture.</summary>
    /// <param name="image">Gives the picture at a short side.</param>
    /// <returns>Root mean square Delta E a pixel, mean over the patches; 0 or more.</returns>
    public double Of(Func<int, LabPicture> image)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor? nearest = null; // (patches): squared
        foreach (var side in s_sides)
        {
            using var each = NewDisposeScope();
            var columns = Columns(image(side)); // (values, places)
            var found = mm(_weighted, columns).Add(mm(_weights, columns.Square())).Add(_squares).amin([1]);
            nearest = (nearest is null ? found : minimum(nearest, found)).MoveToOuterDisposeScope();
        }

        return nearest!.Clamp(0.0, null).sqrt().mean().item<float>();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weighted.Dispose();
        _weights.Dispose();
        _squares.Dispose();
    }

    // Patches of which half is object, or of a thin object those that hold most of it.
    private static List<(int X, int Y, float Covered)> Places(LabPicture picture, float[] mask)
    {
        var all = new List<(int X, int Y, float Covered)>();
        for (var y = 0; y + Patch <= picture.Height; y += Stride)
        {
            for (var x = 0; x + Patch <= picture.Width; x += Stride)
            {
                var covered = 0f;
                for (var row = y; row < y + Patch; row++)
                {
                    foreach (var value in mask.AsSpan((row * picture.Width) + x, Patch))
                    {
                        covered += value;
                    }
                }

                if (covered > 0)
                {
                    all.Add((x, y, covered));
                }
            }
        }

        var least = Math.Min(all.Max(place => place.Covered), Patch * Patch / 2f);
        return [.. all.Where(place => place.Covered >= least)];
    }

    // Every patch of a picture as a column, in the order of the object's values.
    private static Tensor Columns(LabPicture picture)
    {
        var (across, down) = (Math.Max(0, picture.Width - Patch + 1), Math.Max(0, picture.Height - Patch + 1));
        var places = across * down;
        var values = new float[Values * places];
        var target = 0;
        for (var y = 0; y < Patch; y++)
        {
            for (var x = 0; x < Patch; x++)
            {
                for (var c = 0; c < 3; c++)
                {
                    var middle = c == 0 ? MiddleLightness : 0;
                    for (var row = 0; row < down; row++)
                    {
                        var source = ((((row + y) * picture.Width) + x) * 3) + c;
                        for (var column = 0; column < across; column++, source += 3)
                        {
                            values[target++] = picture.Values[source] - middle;
                        }
                    }
                }
            }
        }

        return tensor(values, [Values, places]);
    }
}
