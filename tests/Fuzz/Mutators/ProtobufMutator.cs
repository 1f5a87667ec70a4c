namespace OrleansOneShot.Fuzz.Mutators;

/// <summary>Changes a message of Protocol Buffers field by field, mostly so that lengths still fit.</summary>
internal static class ProtobufMutator
{
    /// <summary>A changed copy.</summary>
    public static byte[] Mutate(Random random, byte[] message)
    {
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var fields = new List<Field>();
            Walk(message, 0, message.Length, fields, 0);
            if (fields.Count == 0)
            {
                return message;
            }

            message = Change(random, message, Bytes.Pick(random, fields));
        }

        return message;
    }

    private static byte[] Change(Random random, byte[] message, Field field)
    {
        var copy = (byte[])message.Clone();
        switch (random.Next(14))
        {
            case 0:
                return Bytes.Flip(random, message, 1);
            case 1:
                return message[..random.Next(message.Length)];
            case 2:
                return [.. message[..field.At], .. message[field.At..(field.At + field.Length)], .. message[field.At..]];
            case 3:
                return [.. message, 0x3A, 0];
            case 4 when field.LengthAt >= 0:
                copy[field.LengthAt] = (byte)random.Next(256);
                break;
            case < 8 when field.Wire == 0:
                // The last byte of a number ends it; those before it don't.
                copy[field.Body] = (byte)(random.Next(128) | (copy[field.Body] & 128));
                break;
            case < 11 when field is { Wire: 2, BodyLength: >= 4 }:
                int[] odd = [int.MaxValue, -1, 0, 1 << random.Next(31)];
                BitConverter.TryWriteBytes(copy.AsSpan(field.Body + random.Next(field.BodyLength - 3)), Bytes.Pick(random, odd));
                break;
            default:
                if (field is { Wire: 2, BodyLength: > 0 })
                {
                    copy[field.Body + random.Next(field.BodyLength)] = (byte)random.Next(256);
                }

                break;
        }

        return copy;
    }

    private static void Walk(byte[] bytes, int from, int end, List<Field> found, int depth)
    {
        var (at, fields) = (from, new List<Field>());
        while (at < end)
        {
            var start = at;
            if (!TryNumber(bytes, ref at, end, out var tag) || tag >> 3 == 0)
            {
                return;
            }

            var (wire, lengthAt, body, length) = ((int)(tag & 7), -1, at, 0UL);
            switch (wire)
            {
                case 0:
                    if (!TryNumber(bytes, ref at, end, out _))
                    {
                        return;
                    }

                    length = (ulong)(at - body);
                    break;
                case 1 or 5:
                    length = wire == 1 ? 8UL : 4UL;
                    at += (int)length;
                    break;
                case 2:
                    lengthAt = at;
                    if (!TryNumber(bytes, ref at, end, out length) || length > (ulong)(end - at))
                    {
                        return;
                    }

                    body = at;
                    at += (int)length;
                    break;
                default:
                    return;
            }

            if (at > end)
            {
                return;
            }

            fields.Add(new Field(start, at - start, body, (int)length, wire, lengthAt));
        }

        found.AddRange(fields);
        foreach (var field in fields.Where(field => depth < 8 && field is { Wire: 2, BodyLength: > 1 }))
        {
            Walk(bytes, field.Body, field.Body + field.BodyLength, found, depth + 1);
        }
    }

    private static bool TryNumber(byte[] bytes, ref int at, int end, out ulong value)
    {
        value = 0;
        for (var i = 0; i < 10 && at < end; i++)
        {
            value |= (ulong)(bytes[at] & 127) << (7 * i);
            if (bytes[at++] < 128)
            {
                return true;
            }
        }

        return false;
    }

    private sealed record Field(int At, int Length, int Body, int BodyLength, int Wire, int LengthAt);
}
