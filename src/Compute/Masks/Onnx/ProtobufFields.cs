using System.Buffers.Binary;

namespace OrleansOneShot.Compute.Masks.Onnx;

/// <summary>
/// Walks the fields of one message of Protocol Buffers' wire format. Reads numbers and lengths alone; nothing is copied, and no length reaches beyond the
/// message.
/// </summary>
/// <param name="message">The message's bytes.</param>
internal ref struct ProtobufFields(ReadOnlySpan<byte> message)
{
    private const int LongestVarint = 10;
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>Number of the current field.</summary>
    public int Number { get; private set; }

    /// <summary>Whether the current field holds bytes: a message, text, or packed numbers.</summary>
    public bool HasBytes { get; private set; }

    /// <summary>Bytes of the current field, when <see cref="HasBytes"/>.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Value of the current field, when it is a number.</summary>
    public ulong Value { get; private set; }

    /// <summary>Goes to the next field.</summary>
    /// <returns>False at the message's end.</returns>
    /// <exception cref="InvalidDataException">The bytes are no message.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = Varint();
        Number = (int)Math.Min(tag >> 3, int.MaxValue);
        HasBytes = false;
        Bytes = default;
        Value = 0;
        if (Number is 0 or > 536_870_911)
        {
            throw new InvalidDataException("A field has a number that does not exist.");
        }

        switch (tag & 7)
        {
            case 0:
                Value = Varint();
                break;
            case 1:
                Value = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case 2:
                HasBytes = true;
                Bytes = Take(Varint());
                break;
            case 5:
                Value = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            default:
                throw new InvalidDataException("A field has a type that ONNX files don't use.");
        }

        return true;
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length)
        {
            throw new InvalidDataException("A field reaches beyond its message.");
        }

        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var i = 0; i < Math.Min(_rest.Length, LongestVarint); i++)
        {
            value |= (ulong)(_rest[i] & 127) << (7 * i);
            if (_rest[i] < 128)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }

        throw new InvalidDataException("A number does not end.");
    }
}
