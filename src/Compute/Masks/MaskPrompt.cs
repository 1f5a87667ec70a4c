using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Masks;

/// <summary>Where an object is: a box around it, points on it, or both. Pixels of the upright photo.</summary>
/// <param name="Box">Holds the whole object; null when there are points alone.</param>
/// <param name="Points">Pixels that belong to the object; may be empty when there is a box.</param>
public sealed record MaskPrompt(PixelRectangle? Box, IReadOnlyList<PixelPoint> Points)
{
    /// <summary>More points than anybody clicks; each costs time.</summary>
    public const int MostPoints = 256;

    /// <summary>Refuses a prompt that says nothing, or reaches out of a picture.</summary>
    /// <param name="width">Width of the upright photo.</param>
    /// <param name="height">Height of the upright photo.</param>
    /// <exception cref="InvalidInputException">
    /// There is no box and no point, or one lies outside the picture; the error names the field and the picture's size.
    /// </exception>
    public void Check(int width, int height)
    {
        if (Box is null && Points.Count == 0)
        {
            throw new InvalidInputException(
                "Nothing says where the object is.",
                "box",
                "Give a box around it with --box x,y,w,h, or points on it with --point x,y."
            );
        }

        if (Box is { } box)
        {
            if (box.Width < 1 || box.Height < 1)
            {
                throw new InvalidInputException(
                    $"The box {Text(box)} is empty: its width and height must be at least 1.",
                    "box",
                    $"The picture is {width} x {height}, upright."
                );
            }

            // Sums of two numbers of 32 bits don't fit 32 bits.
            if (box.X < 0 || box.Y < 0 || (long)box.X + box.Width > width || (long)box.Y + box.Height > height)
            {
                throw new InvalidInputException(
                    $"The box {Text(box)} reaches out of the picture, which is {width} x {height}.",
                    "box",
                    "Boxes are x,y,w,h in pixels of the upright photo: left, top, width, height."
                );
            }
        }

        if (Points.Count > MostPoints)
        {
            throw new InvalidInputException($"{Points.Count} points were given; at most {MostPoints} are allowed.", "point");
        }

        foreach (var point in Points)
        {
            if (point.X < 0 || point.Y < 0 || point.X >= width || point.Y >= height)
            {
                throw new InvalidInputException(
                    $"The point {point.X},{point.Y} lies outside the picture, which is {width} x {height}.",
                    "point",
                    $"x is from 0 to {width - 1}, y from 0 to {height - 1}, in pixels of the upright photo."
                );
            }
        }
    }

    private static string Text(PixelRectangle box) => $"{box.X},{box.Y},{box.Width},{box.Height}";
}

/// <summary>A pixel of an upright photo.</summary>
/// <param name="X">Column, from 0.</param>
/// <param name="Y">Row, from 0.</param>
public readonly record struct PixelPoint(int X, int Y);
