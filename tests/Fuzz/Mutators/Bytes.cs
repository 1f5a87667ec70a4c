namespace OrleansOneShot.Fuzz.Mutators;

/// <summary>Changes of plain bytes and lines.</summary>
internal static class Bytes
{
    /// <summary>Some bytes replaced.</summary>
    public static byte[] Flip(Random random, byte[] bytes, int most, int from = 0)
    {
        var copy = (byte[])bytes.Clone();
        for (var i = random.Next(1, most + 1); i > 0 && copy.Length > from; i--)
        {
            copy[random.Next(from, copy.Length)] = (byte)random.Next(256);
        }

        return copy;
    }

    /// <summary>One of several.</summary>
    public static T Pick<T>(Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];

    /// <summary>A text file with lines lost, doubled, mixed or damaged.</summary>
    public static byte[] Lines(Random random, byte[] text)
    {
        var lines = System.Text.Encoding.UTF8.GetString(text).Split('\n').ToList();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var at = random.Next(lines.Count);
            switch (random.Next(9))
            {
                case 0 when lines.Count > 1:
                    lines.RemoveAt(at);
                    break;
                case 1:
                    lines.Insert(at, Pick(random, lines));
                    break;
                case 2:
                    lines.Insert(at, $"{new string('x', random.Next(1, 3000))} {new string('y', random.Next(1, 3000))}");
                    break;
                case 3:
                    lines.Insert(at, "a\tb c");
                    break;
                case 4:
                    lines[at] = new string([.. lines[at].Reverse()]);
                    break;
                case 5:
                    lines.Insert(at, "\0 \u2028");
                    break;
                case 6:
                    lines[at] += "\r";
                    break;
                case 7:
                    lines = [.. lines.Take(at + 1)];
                    break;
                default:
                    return Flip(random, System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines)), 3);
            }
        }

        return System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }
}
