namespace OrleansOneShot.Compute.Masks;

/// <summary>The connected regions of equal value of a mask: of the object by 8 neighbours, of the rest by 4, so that a diagonal line separates.</summary>
internal sealed class RegionLabels
{
    private RegionLabels(int[] labels, List<int> areas, List<bool> inside, List<bool> touchesBorder)
    {
        Labels = labels;
        Areas = areas;
        Inside = inside;
        TouchesBorder = touchesBorder;
    }

    /// <summary>Each pixel's region, from 0 in the order of their first pixels.</summary>
    public int[] Labels { get; }

    /// <summary>Pixels of each region.</summary>
    public IReadOnlyList<int> Areas { get; }

    /// <summary>Whether a region belongs to the object.</summary>
    public IReadOnlyList<bool> Inside { get; }

    /// <summary>Whether a region reaches the picture's edge.</summary>
    public IReadOnlyList<bool> TouchesBorder { get; }

    /// <summary>Finds the regions.</summary>
    public static RegionLabels Find(BinaryMask mask)
    {
        var (width, height, values) = (mask.Width, mask.Height, mask.Values);
        var labels = new int[values.Length];
        Array.Fill(labels, -1);
        List<int> areas = [];
        List<bool> inside = [];
        List<bool> border = [];
        var open = new Stack<int>();
        for (var start = 0; start < values.Length; start++)
        {
            if (labels[start] >= 0)
            {
                continue;
            }

            var (label, area, touches, value) = (areas.Count, 0, false, values[start]);
            labels[start] = label;
            open.Push(start);
            while (open.TryPop(out var at))
            {
                area++;
                var (x, y) = (at % width, at / width);
                touches |= x == 0 || y == 0 || x == width - 1 || y == height - 1;
                for (var dy = -1; dy <= 1; dy++)
                {
                    for (var dx = -1; dx <= 1; dx++)
                    {
                        var (nx, ny) = (x + dx, y + dy);
                        if (nx < 0 || ny < 0 || nx >= width || ny >= height || (!value && dx != 0 && dy != 0))
                        {
                            continue;
                        }

                        var neighbour = (ny * width) + nx;
                        if (labels[neighbour] < 0 && values[neighbour] == value)
                        {
                            labels[neighbour] = label;
                            open.Push(neighbour);
                        }
                    }
                }
            }

            areas.Add(area);
            inside.Add(value);
            border.Add(touches);
        }

        return new RegionLabels(labels, areas, inside, border);
    }
}
