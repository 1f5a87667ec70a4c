using OrleansOneShot.Compute.Masks.Onnx;
using OrleansOneShot.TestKit.Models.Masks;

namespace OrleansOneShot.Compute.Tests.Masks.Onnx;

public sealed class OnnxFileTests
{
    private static readonly ProtobufWriter s_external = OnnxBuilder.ExternalTensor("w", "/etc/passwd");

    public static TheoryData<string> Places => ["initializer", "attribute", "subgraph", "sparse", "function", "training", "path alone"];

    [Theory]
    [MemberData(nameof(Places))]
    public void Check_ExternalDataAnywhere_IsRefused(string place)
    {
        ProtobufWriter Graph(int field, ProtobufWriter value) => new ProtobufWriter().Message(field, value);
        ProtobufWriter Node(int field, ProtobufWriter value) => Graph(1, Graph(5, Graph(field, value)));
        ProtobufWriter Model(ProtobufWriter graph) => Graph(7, graph);
        var model = place switch
        {
            "initializer" => Model(Graph(5, s_external)),
            "attribute" => Model(Node(5, s_external)),
            "subgraph" => Model(Node(6, Graph(5, s_external))),
            "sparse" => Model(Graph(15, Graph(1, s_external))),
            "function" => Model(new ProtobufWriter()).Message(25, Graph(7, Graph(5, Graph(10, s_external)))),
            "training" => Model(new ProtobufWriter()).Message(20, Graph(2, Graph(5, s_external))),
            _ => Model(Graph(5, new ProtobufWriter().Message(13, new ProtobufWriter().Text(1, "location").Text(2, "w.bin")))),
        };

        var error = Assert.Throws<InvalidInputException>(() => OnnxFile.Check("m.onnx", "sam-encoder", model.ToArray()));

        Assert.Contains("external data", error.Message, StringComparison.Ordinal);
        Assert.Equal("sam-encoder", error.Field);
    }

    [Fact]
    public void Check_TinySam_Passes() => Assert.Equal(64, OnnxFile.Check("m.onnx", "sam-decoder", TinySam.Decoder()).Sha256.Length);

    [Fact]
    public void Check_CutShortAnywhere_IsASentenceOrStillWhole()
    {
        var whole = TinySam.Encoder();
        var refused = 0;
        for (var length = 0; length < whole.Length; length++)
        {
            var error = Record.Exception(() => OnnxFile.Check("m.onnx", "sam-encoder", whole[..length]));
            refused += error is null ? 0 : 1;
            Assert.True(error is null or InvalidInputException, error?.ToString());
        }

        Assert.True(refused > whole.Length * 0.9);
    }

    [Fact]
    public void Check_NoProtobuf_IsRefused() =>
        Assert.Throws<InvalidInputException>(() => OnnxFile.Check("m.onnx", "sam-encoder", "hello, this is text"u8.ToArray()));

    [Fact]
    public void Check_GraphsNestedWithoutEnd_AreRefused()
    {
        var graph = new ProtobufWriter().Text(2, "inner");
        for (var i = 0; i < 200; i++)
        {
            graph = new ProtobufWriter().Message(1, new ProtobufWriter().Message(5, new ProtobufWriter().Message(6, graph)));
        }

        Assert.Contains(
            "nested",
            Assert.Throws<InvalidInputException>(() => OnnxFile.Check("m.onnx", "sam-encoder", new ProtobufWriter().Message(7, graph).ToArray())).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Read_SparseFileBeyondTheLimit_IsRefusedUnread()
    {
        var path = Path.GetTempFileName();
        try
        {
            using (var stream = File.OpenWrite(path))
            {
                stream.SetLength(OnnxFile.MaxBytes + 1);
            }

            Assert.Contains("2 GiB", Assert.Throws<InvalidInputException>(() => OnnxFile.Read(path, "sam-encoder")).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
