using System.Security.Cryptography;
using Orleans.Storage;

namespace OrleansOneShot.Silo.Embedded;

/// <summary>
/// Puts a checksum before each grain state, since SQLite keeps none of its pages: a flipped bit would otherwise be read as another state. States of earlier
/// versions have none and are read as they are.
/// </summary>
/// <param name="inner">Makes bytes of states.</param>
internal sealed class StateChecksum(IGrainStorageSerializer inner) : IGrainStorageSerializer
{
    private const int HashBytes = 8;

    /// <inheritdoc/>
    public BinaryData Serialize<T>(T? input)
    {
        var state = inner.Serialize(input).ToMemory().Span;
        var sealedState = new byte[Mark.Length + HashBytes + state.Length];
        Mark.CopyTo(sealedState);
        Hash(state).CopyTo(sealedState.AsSpan(Mark.Length));
        state.CopyTo(sealedState.AsSpan(Mark.Length + HashBytes));
        return new BinaryData(sealedState);
    }

    /// <inheritdoc/>
    public T? Deserialize<T>(BinaryData input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var bytes = input.ToMemory();
        if (!IsSealed(bytes.Span))
        {
            return inner.Deserialize<T>(input);
        }

        return IsSound(bytes.Span)
            ? inner.Deserialize<T>(new BinaryData(bytes[(Mark.Length + HashBytes)..]))
            : throw new InvalidDataException("A stored state is damaged: its checksum differs.");
    }

    /// <summary>Whether a stored state is what was written, as far as that can be told.</summary>
    /// <param name="stored">Its bytes.</param>
    /// <returns>False if it has a checksum that differs.</returns>
    public static bool IsSound(ReadOnlySpan<byte> stored) =>
        !IsSealed(stored)
        || (stored.Length >= Mark.Length + HashBytes && Hash(stored[(Mark.Length + HashBytes)..]).AsSpan().SequenceEqual(stored.Slice(Mark.Length, HashBytes)));

    // Orleans' own format never begins so: the first byte of a state says that it is no field of another one.
    private static ReadOnlySpan<byte> Mark => "OneShot\u0001"u8;

    private static bool IsSealed(ReadOnlySpan<byte> stored) => stored.StartsWith(Mark);

    private static byte[] Hash(ReadOnlySpan<byte> state) => SHA256.HashData(state)[..HashBytes];
}
