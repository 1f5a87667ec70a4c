using System.Buffers.Binary;
using System.Security.Cryptography;
using OrleansOneShot.Common.Terms;

namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>Values of terms that depend on everything they should depend on, and on nothing else.</summary>
internal static class FakeTerms
{
    public const int Bytes = 32;

    public static TermValue Value(int step, int term, ReadOnlyMemory<byte> payload)
    {
        var text = new byte[8 + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(text, step);
        BinaryPrimitives.WriteInt32LittleEndian(text.AsSpan(4), term);
        payload.Span.CopyTo(text.AsSpan(8));
        return new TermValue(SHA256.HashData(text), [step + (term / 100.0)]);
    }

    /// <summary>What a step must give, however it is evaluated.</summary>
    public static List<string> Step(int step, int terms, ReadOnlyMemory<byte> payload) =>
        Texts(Enumerable.Range(0, terms).Select(term => Value(step, term, payload)));

    public static List<string> Texts(IEnumerable<TermValue> values) =>
        [.. values.Select(value => Convert.ToHexString(value.Payload.Span) + " " + string.Join(',', value.Losses))];
}
