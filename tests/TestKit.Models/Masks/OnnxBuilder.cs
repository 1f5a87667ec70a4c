using System.Runtime.InteropServices;

namespace OrleansOneShot.TestKit.Models.Masks;

/// <summary>Builds small ONNX models by hand: field numbers are those of onnx.proto.</summary>
public sealed class OnnxBuilder
{
    /// <summary>The type of 32-bit floats.</summary>
    public const int Float = 1;

    /// <summary>The type of bytes.</summary>
    public const int UInt8 = 2;

    /// <summary>The type of 64-bit whole numbers.</summary>
    public const int Integer = 7;

    private readonly ProtobufWriter _graph = new ProtobufWriter().Text(2, "test");
    private int _names;

    /// <summary>Declares an input; null sizes are open.</summary>
    public OnnxBuilder Input(string name, int type, params long?[] shape)
    {
        _graph.Message(11, Value(name, type, shape));
        return this;
    }

    /// <summary>Declares an output; null sizes are open.</summary>
    public OnnxBuilder Output(string name, int type, params long?[] shape)
    {
        _graph.Message(12, Value(name, type, shape));
        return this;
    }

    /// <summary>A constant of floats, whose name is returned.</summary>
    public string Constant(float[] values, params long[] shape) => Initializer(Float, MemoryMarshal.AsBytes<float>(values).ToArray(), shape);

    /// <summary>A constant of whole numbers, whose name is returned.</summary>
    public string Constant(long[] values, params long[] shape) => Initializer(Integer, MemoryMarshal.AsBytes<long>(values).ToArray(), shape);

    /// <summary>A node with one output, whose name is returned.</summary>
    public string Node(string operation, string[] inputs, params ProtobufWriter[] attributes) => NodeTo($"t{_names++}", operation, inputs, attributes);

    /// <summary>A node with one output, which is given its name.</summary>
    public string NodeTo(string output, string operation, string[] inputs, params ProtobufWriter[] attributes)
    {
        var node = new ProtobufWriter();
        foreach (var input in inputs)
        {
            node.Text(1, input);
        }

        node.Text(2, output).Text(4, operation);
        foreach (var attribute in attributes)
        {
            node.Message(5, attribute);
        }

        _graph.Message(1, node);
        return output;
    }

    /// <summary>An attribute that is a whole number.</summary>
    public static ProtobufWriter Whole(string name, long value) => new ProtobufWriter().Text(1, name).Number(3, value).Number(20, 2);

    /// <summary>An attribute that is a text.</summary>
    public static ProtobufWriter Words(string name, string value) => new ProtobufWriter().Text(1, name).Text(4, value).Number(20, 3);

    /// <summary>An attribute that is a list of whole numbers.</summary>
    public static ProtobufWriter Wholes(string name, params long[] values)
    {
        var attribute = new ProtobufWriter().Text(1, name);
        foreach (var value in values)
        {
            attribute.Number(8, value);
        }

        return attribute.Number(20, 7);
    }

    /// <summary>A tensor whose values stand in another file.</summary>
    public static ProtobufWriter ExternalTensor(string name, string path) =>
        new ProtobufWriter().Number(1, 1).Number(2, Float).Text(8, name).Message(13, new ProtobufWriter().Text(1, "location").Text(2, path)).Number(14, 1);

    /// <summary>Adds a constant as it is written.</summary>
    public OnnxBuilder RawInitializer(ProtobufWriter tensor)
    {
        _graph.Message(5, tensor);
        return this;
    }

    /// <summary>The model's file, of opset 17.</summary>
    public byte[] Build() => new ProtobufWriter().Number(1, 8).Text(2, "tests").Message(7, _graph).Message(8, new ProtobufWriter().Number(2, 17)).ToArray();

    private string Initializer(int type, byte[] raw, long[] shape)
    {
        var name = $"c{_names++}";
        var tensor = new ProtobufWriter();
        foreach (var size in shape)
        {
            tensor.Number(1, size);
        }

        _graph.Message(5, tensor.Number(2, type).Text(8, name).Bytes(9, raw));
        return name;
    }

    private static ProtobufWriter Value(string name, int type, long?[] shape)
    {
        var dimensions = new ProtobufWriter();
        foreach (var size in shape)
        {
            dimensions.Message(1, size is { } known ? new ProtobufWriter().Number(1, known) : new ProtobufWriter().Text(2, "n"));
        }

        return new ProtobufWriter().Text(1, name).Message(2, new ProtobufWriter().Message(1, new ProtobufWriter().Number(1, type).Message(2, dimensions)));
    }
}
