using System.Globalization;
using System.Security.Cryptography;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Masks.Onnx;

/// <summary>
/// The bytes of an ONNX file that names no other file. Tensors may lie outside an ONNX file, at a path that the file itself gives; a runtime would open
/// whatever stands there, so such files are found here by their wire format (onnx.proto: TensorProto.data_location, TensorProto.external_data) and refused
/// before any runtime sees them. The very bytes that were looked at go to the runtime, never the path.
/// </summary>
internal sealed class OnnxFile
{
    /// <summary>What protobuf allows a message, and an array can hold.</summary>
    public const long MaxBytes = int.MaxValue - 64;

    // Control flow nests graphs in graphs; SAM's exports need a depth of 1.
    private const int DeepestGraph = 32;

    // Field numbers of onnx.proto, which are part of the format.
    private const int ModelGraph = 7,
        ModelTraining = 20,
        ModelFunctions = 25;
    private const int TrainingInitialization = 1,
        TrainingAlgorithm = 2;
    private const int FunctionNode = 7,
        FunctionAttribute = 11;
    private const int GraphNode = 1,
        GraphInitializer = 5,
        GraphSparse = 15;
    private const int NodeAttribute = 5;
    private const int AttributeTensor = 5,
        AttributeGraph = 6,
        AttributeTensors = 10,
        AttributeGraphs = 11,
        AttributeSparse = 22,
        AttributeSparses = 23;
    private const int SparseValues = 1,
        SparseIndices = 2;
    private const int TensorExternalData = 13,
        TensorDataLocation = 14;

    private OnnxFile(string path, string field, byte[] bytes)
    {
        (Path, Field, Bytes) = (path, field, bytes);
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    /// <summary>Where it was read.</summary>
    public string Path { get; }

    /// <summary>The option that named it.</summary>
    public string Field { get; }

    /// <summary>The whole file.</summary>
    public byte[] Bytes { get; }

    /// <summary>Hash of the file, in lower-case hexadecimal digits.</summary>
    public string Sha256 { get; }

    /// <summary>Reads a file and looks through all its tensors.</summary>
    /// <param name="path">The file.</param>
    /// <param name="field">The option that named it, for messages.</param>
    /// <exception cref="InvalidInputException">The file is missing, too large, no ONNX file, damaged, or keeps tensors in other files.</exception>
    public static OnnxFile Read(string path, string field)
    {
        if (LinkedFile.Find(path) is not { } info)
        {
            throw new InvalidInputException(LinkedFile.Missing(path), field);
        }

        if (info.Length > MaxBytes)
        {
            throw new InvalidInputException(
                string.Create(CultureInfo.InvariantCulture, $"{path} has {info.Length / (double)(1L << 30):0.0} GiB; ONNX files have at most 2 GiB."),
                field,
                "SAM ViT-B's encoder has 0.4 GiB."
            );
        }

        return Check(path, field, File.ReadAllBytes(path));
    }

    /// <summary>As <see cref="Read"/>, of bytes.</summary>
    internal static OnnxFile Check(string path, string field, byte[] bytes)
    {
        try
        {
            CheckModel(bytes);
        }
        catch (ExternalDataException)
        {
            throw new InvalidInputException(
                $"{path} keeps tensors in other files (external data), at paths of its own choice, so it is not opened.",
                field,
                "Export it as one file, or join it: onnx.save_model(onnx.load(F), G, save_as_external_data=False)."
            );
        }
        catch (InvalidDataException e)
        {
            throw new InvalidInputException($"{path} is not a sound ONNX file: {e.Message}", field, "Fetch or export it again.", e);
        }

        return new OnnxFile(path, field, bytes);
    }

    private static void CheckModel(ReadOnlySpan<byte> model)
    {
        var graphs = 0;
        var fields = new ProtobufFields(model);
        while (fields.Next())
        {
            if (!fields.HasBytes)
            {
                continue;
            }

            switch (fields.Number)
            {
                case ModelGraph:
                    graphs++;
                    CheckGraph(fields.Bytes, 0);
                    break;
                case ModelTraining:
                    CheckTraining(fields.Bytes);
                    break;
                case ModelFunctions:
                    CheckFunction(fields.Bytes);
                    break;
            }
        }

        if (graphs != 1)
        {
            throw new InvalidDataException(graphs == 0 ? "It has no graph." : "It has several graphs.");
        }
    }

    private static void CheckTraining(ReadOnlySpan<byte> training)
    {
        var fields = new ProtobufFields(training);
        while (fields.Next())
        {
            if (fields.HasBytes && fields.Number is TrainingInitialization or TrainingAlgorithm)
            {
                CheckGraph(fields.Bytes, 0);
            }
        }
    }

    private static void CheckFunction(ReadOnlySpan<byte> function)
    {
        var fields = new ProtobufFields(function);
        while (fields.Next())
        {
            if (fields.HasBytes && fields.Number == FunctionNode)
            {
                CheckNode(fields.Bytes, 0);
            }
            else if (fields.HasBytes && fields.Number == FunctionAttribute)
            {
                CheckAttribute(fields.Bytes, 0);
            }
        }
    }

    private static void CheckGraph(ReadOnlySpan<byte> graph, int depth)
    {
        if (depth > DeepestGraph)
        {
            throw new InvalidDataException($"Its graphs are nested more than {DeepestGraph} deep.");
        }

        var fields = new ProtobufFields(graph);
        while (fields.Next())
        {
            if (!fields.HasBytes)
            {
                continue;
            }

            switch (fields.Number)
            {
                case GraphNode:
                    CheckNode(fields.Bytes, depth);
                    break;
                case GraphInitializer:
                    CheckTensor(fields.Bytes);
                    break;
                case GraphSparse:
                    CheckSparse(fields.Bytes);
                    break;
            }
        }
    }

    private static void CheckNode(ReadOnlySpan<byte> node, int depth)
    {
        var fields = new ProtobufFields(node);
        while (fields.Next())
        {
            if (fields.HasBytes && fields.Number == NodeAttribute)
            {
                CheckAttribute(fields.Bytes, depth);
            }
        }
    }

    private static void CheckAttribute(ReadOnlySpan<byte> attribute, int depth)
    {
        var fields = new ProtobufFields(attribute);
        while (fields.Next())
        {
            if (!fields.HasBytes)
            {
                continue;
            }

            switch (fields.Number)
            {
                case AttributeTensor or AttributeTensors:
                    CheckTensor(fields.Bytes);
                    break;
                case AttributeGraph or AttributeGraphs:
                    CheckGraph(fields.Bytes, depth + 1);
                    break;
                case AttributeSparse or AttributeSparses:
                    CheckSparse(fields.Bytes);
                    break;
            }
        }
    }

    private static void CheckSparse(ReadOnlySpan<byte> sparse)
    {
        var fields = new ProtobufFields(sparse);
        while (fields.Next())
        {
            if (fields.HasBytes && fields.Number is SparseValues or SparseIndices)
            {
                CheckTensor(fields.Bytes);
            }
        }
    }

    // Any value but DEFAULT (0) is refused, and any path, whatever the location says.
    private static void CheckTensor(ReadOnlySpan<byte> tensor)
    {
        var fields = new ProtobufFields(tensor);
        while (fields.Next())
        {
            if (fields.Number == TensorExternalData || (fields.Number == TensorDataLocation && (fields.HasBytes || fields.Value != 0)))
            {
                throw new ExternalDataException();
            }
        }
    }

    private sealed class ExternalDataException : Exception;
}
