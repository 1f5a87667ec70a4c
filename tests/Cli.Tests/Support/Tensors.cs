using System.Buffers.Binary;
using System.Text;

namespace OrleansOneShot.Cli.Tests.Support;

/// <summary>Safetensors files with defects.</summary>
internal static class Tensors
{
    public static byte[] File(string header, int dataBytes) => File((ulong)Encoding.UTF8.GetByteCount(header), header, dataBytes);

    public static byte[] File(ulong claimedHeader, string header, int dataBytes)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + text.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(file, claimedHeader);
        text.CopyTo(file, 8);
        return file;
    }

    public static byte[] Truncated => File("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 8);

    public static byte[] HugeHeader => File(1UL << 63, "{}", 0);

    public static byte[] NegativeShape => File("""{"a":{"dtype":"F32","shape":[-2,-2],"data_offsets":[0,16]}}""", 16);

    public static byte[] Overlapping =>
        File("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}}""", 24);

    /// <summary>A zip with a pickle, as torch.save writes.</summary>
    public static byte[] Pickle => [(byte)'P', (byte)'K', 3, 4, .. Encoding.ASCII.GetBytes("archive/data.pkl"), 0x80, 2];
}
