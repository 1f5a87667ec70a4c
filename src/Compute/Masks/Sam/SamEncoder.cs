using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks.Onnx;

namespace OrleansOneShot.Compute.Masks.Sam;

/// <summary>
/// SAM's image encoder, whatever its export calls things: one picture in, its embedding out. Normalised planes (1, 3, S, S), as segment-anything itself takes
/// them, or rows of pixels (H, W, 3) for exports that normalise by themselves; the model's own metadata says which.
/// </summary>
internal sealed class SamEncoder : IDisposable
{
    /// <summary>SAM's picture size, where an export leaves it open.</summary>
    public const int DefaultSide = 1024;

    /// <summary>Largest side: a file that claims more would make a photo of a few pixels take gigabytes.</summary>
    public const int LargestSide = 4096;

    // 256 MiB of floats, where SAM's has 4.
    private const long LargestEmbedding = 64 << 20;

    private static readonly string[] s_inputNames = ["images", "image", "input_image", "x", "input", "pixel_values"];
    private static readonly string[] s_outputNames = ["image_embeddings", "image_embedding", "embeddings", "output", "image_embeds"];

    private readonly OnnxModel _model;
    private readonly string _input;
    private readonly string _output;
    private readonly int[] _shape;
    private readonly bool _bytes;
    private readonly bool _planes;

    public SamEncoder(OnnxModel model)
    {
        _model = model;
        _input = Find(model, model.Inputs, s_inputNames, "input");
        _output = Find(model, model.Outputs, s_outputNames, "output");
        var type = model.Inputs[_input].ElementDataType;
        _bytes = type == TensorElementType.UInt8;
        _shape = model.Inputs[_input].Dimensions;
        _planes = _shape.Length == 4 && _shape[1] == 3;
        var rows = _shape.Length is 3 or 4 && _shape[^1] == 3 && (_shape.Length == 3 || _shape[0] is 1 or < 1);
        if (!(type == TensorElementType.Float && _planes) && !(type is TensorElementType.Float or TensorElementType.UInt8 && rows))
        {
            throw new InvalidInputException(
                $"{model.File.Path} is no SAM encoder: its input {_input} is {type} {Wording.Shape(_shape.Select(size => (long)size))}, where a picture is "
                    + $"Float (1, 3, 1024, 1024), or Float or UInt8 (H, W, 3).",
                model.File.Field
            );
        }

        if (model.Outputs[_output].ElementDataType != TensorElementType.Float)
        {
            throw new InvalidInputException(
                $"{model.File.Path} is no SAM encoder: its output {_output} is {model.Outputs[_output].ElementDataType}, not Float.",
                model.File.Field
            );
        }

        var (height, width) = _planes ? (_shape[2], _shape[3]) : (_shape[^3], _shape[^2]);
        Side = height < 1 && width < 1 ? DefaultSide : Math.Max(height, width);
        if (Side > LargestSide || (_planes && height > 0 && width > 0 && height != width))
        {
            throw new InvalidInputException(
                $"{model.File.Path} is no SAM encoder: its pictures are {width} x {height}, and SAM's are square, 1024 x 1024.",
                model.File.Field
            );
        }
    }

    /// <summary>Side of the square that it sees.</summary>
    public int Side { get; }

    /// <summary>Embeds a photo.</summary>
    /// <param name="photo">The upright photo.</param>
    /// <returns>The embedding: (1, 256, 64, 64) of SAM.</returns>
    public SamEmbedding Embed(RgbImage photo)
    {
        var frame = new SamFrame(Side, photo.Width, photo.Height);
        using var input = _planes ? OrtValue.CreateTensorValueFromMemory(frame.Normalised(photo), [1, 3, Side, Side]) : Rows(frame, photo);
        using var outputs = _model.Run(new Dictionary<string, OrtValue> { [_input] = input }, [_output]);
        var info = outputs[0].GetTensorTypeAndShape();
        return info.Shape is [1, >= 1, >= 1, >= 1] && info.ElementCount <= LargestEmbedding
            ? new SamEmbedding(info.Shape, outputs[0].GetTensorDataAsSpan<float>().ToArray(), Side)
            : throw new InvalidInputException(
                $"{_model.File.Path} is no SAM encoder: its embedding is {Wording.Shape(info.Shape)}, and SAM's is [1, 256, 64, 64].",
                _model.File.Field
            );
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private OrtValue Rows(SamFrame frame, RgbImage photo)
    {
        // Sizes that the export leaves open are the photo's own at this scale; it pads them itself.
        var height = _shape[^3] > 0 ? Math.Max(_shape[^3], frame.Height) : frame.Height;
        var width = _shape[^2] > 0 ? Math.Max(_shape[^2], frame.Width) : frame.Width;
        var pixels = frame.Interleaved(photo, width, height);
        long[] shape = _shape.Length == 3 ? [height, width, 3] : [1, height, width, 3];
        return _bytes
            ? OrtValue.CreateTensorValueFromMemory(pixels, shape)
            : OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(pixels, p => (float)p), shape);
    }

    private static string Find(OnnxModel model, IReadOnlyDictionary<string, NodeMetadata> values, string[] names, string kind)
    {
        var found = names.FirstOrDefault(values.ContainsKey);
        if (found is null || (kind == "input" && values.Count != 1) || !values[found].IsTensor)
        {
            throw new InvalidInputException(
                $"{model.File.Path} is no SAM encoder: it needs one {kind} such as {names[0]}, and has "
                    + $"{Wording.List(values.Keys.Order(StringComparer.Ordinal))}.",
                model.File.Field,
                "Give the image encoder's file here, and the prompt decoder's with --sam-decoder."
            );
        }

        return found;
    }
}

/// <summary>What the encoder says about a picture.</summary>
/// <param name="Shape">(1, 256, 64, 64) of SAM.</param>
/// <param name="Values">The values, row by row.</param>
/// <param name="Side">Side of the square that the encoder saw, to which prompts refer.</param>
internal sealed record SamEmbedding(long[] Shape, float[] Values, int Side);
