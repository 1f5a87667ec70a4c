using System.Buffers.Binary;
using System.Text;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Safetensors;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-safetensors-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Int64)]
    [InlineData(ScalarType.Byte)]
    public void Write_ThenRead_GivesTheSameTensors(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(_folder.FullName, "x.safetensors");
        var tensors = new Dictionary<string, Tensor>
        {
            ["b"] = TensorMath.Arange(12, ScalarType.Int64).reshape(3, 4).to(type),
            ["a"] = tensor(7).to(type),
            ["empty"] = empty([0, 3], type),
            ["mixed"] = TensorMath.Arange(3, ScalarType.Int64).to(ScalarType.Byte),
        };
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt", ["quote"] = "\"<cat>\"" });

        using var file = SafetensorsFile.Open(path);
        Assert.Equal("\"<cat>\"", file.Header.Metadata["quote"]);
        foreach (var (name, expected) in tensors)
        {
            var actual = file.Get(name);
            Assert.Equal(expected.dtype, actual.dtype);
            Assert.Equal(expected.shape, actual.shape);
            Assert.Equal(expected.bytes.ToArray(), actual.contiguous().bytes.ToArray());
        }
    }

    [Fact]
    public void Write_TheSameTensorsInAnotherOrder_GivesTheSameBytes()
    {
        using var scope = NewDisposeScope();
        using var first = new MemoryStream();
        using var second = new MemoryStream();
        SafetensorsWriter.Write(first, new Dictionary<string, Tensor> { ["a"] = ones(2), ["b"] = zeros(3) });
        SafetensorsWriter.Write(second, new Dictionary<string, Tensor> { ["b"] = zeros(3), ["a"] = ones(2) });
        Assert.Equal(first.ToArray(), second.ToArray());
    }

    [Fact]
    public void Get_WritingToTheTensor_LeavesTheFileAlone()
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(_folder.FullName, "x.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["a"] = ones(4) });
        using (var file = SafetensorsFile.Open(path))
        {
            file.Get("a").FillInPlace(9);
        }

        Assert.Equal([1f, 1f, 1f, 1f], SafetensorsFile.ReadAll(path)["a"].data<float>().ToArray());
    }

    [Fact]
    public void Get_UnalignedTensor_IsReadAllTheSame()
    {
        using var scope = NewDisposeScope();
        var path = WriteRaw("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} """, BitConverter.GetBytes(3.5f));
        Assert.NotEqual(0, SafetensorsHeader.Read(path).DataOffset % 4);
        Assert.Equal(3.5f, SafetensorsFile.ReadAll(path)["a"].item<float>());
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "at least 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "needs 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}""", 4, "truncated")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 8, "overlap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "belong to no tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "after its last tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}""", 4, "no file can hold")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[0,0]}}""", 0, "no file can hold")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775807,0],"data_offsets":[0,0]}}""", 0, "no file can hold")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2147483648,0,8589934592],"data_offsets":[0,0]}}""", 0, "no file can hold")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}""",
        4,
        "has 33 dimensions, more than the limit of 32"
    )]
    [InlineData("""{"a\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "has a name that is no Unicode text")]
    [InlineData("""{"__metadata__":{"k":"\udfff"}}""", 0, "its header has in __metadata__.k a text that is no Unicode")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"}}""", 0, "its header names __metadata__.k twice")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "its header names a.dtype twice")]
    [InlineData("""{"a":{"dtype":"Q7","shape":[1],"data_offsets":[0,4]}}""", 4, "not supported")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "data_offsets")]
    [InlineData("""{"__metadata__":{"n":1}}""", 0, "no string")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":["0",4]}}""", 4, "are no range")]
    [InlineData("[]", 0, "no JSON object")]
    [InlineData("{", 0, "no valid JSON")]
    public void Open_ContradictoryHeader_IsRefused(string header, int dataBytes, string expected)
    {
        var error = Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(WriteRaw(header, new byte[dataBytes])));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("raw.safetensors", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8_000_000_000_000_000_000, "more than the limit")]
    [InlineData(1000, "truncated")]
    public void Open_HeaderLengthThatLies_IsRefused(long claimed, string expected)
    {
        var path = Path.Combine(_folder.FullName, "lie.safetensors");
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, claimed);
        File.WriteAllBytes(path, bytes);
        Assert.Contains(expected, Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_Pickle_IsRefusedWithTheWayOut()
    {
        var path = Path.Combine(_folder.FullName, "weights.bin");
        File.WriteAllBytes(path, [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20]);
        var error = Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(path));
        Assert.Contains("pickle", error.Message, StringComparison.Ordinal);
        Assert.Contains("save_file", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_MissingOrTinyFile_IsRefused()
    {
        Assert.Contains(
            "doesn't exist",
            Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(Path.Combine(_folder.FullName, "none"))).Message,
            StringComparison.Ordinal
        );
        var path = Path.Combine(_folder.FullName, "tiny");
        File.WriteAllBytes(path, [1, 2]);
        Assert.Contains("too short", Assert.Throws<InvalidInputException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    private string WriteRaw(string header, byte[] data)
    {
        var path = Path.Combine(_folder.FullName, "raw.safetensors");
        var bytes = Encoding.UTF8.GetBytes(header);
        var prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, bytes.Length);
        File.WriteAllBytes(path, [.. prefix, .. bytes, .. data]);
        return path;
    }
}
