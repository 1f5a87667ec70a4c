using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Masks.Onnx;

namespace OrleansOneShot.Compute.Masks.Sam;

/// <summary>SAM's prompt encoder and mask decoder, as <c>scripts/export_onnx_model.py</c> of segment-anything and MobileSAM's copy of it write them.</summary>
internal sealed class SamDecoder : IDisposable
{
    private const float Background = -1,
        Foreground = 1,
        TopLeft = 2,
        BottomRight = 3;
    private static readonly string[] s_inputNames = ["image_embeddings", "point_coords", "point_labels", "mask_input", "has_mask_input", "orig_im_size"];
    private static readonly string[] s_outputNames = ["masks", "iou_predictions"];

    private readonly OnnxModel _model;

    public SamDecoder(OnnxModel model)
    {
        _model = model;
        var missing = s_inputNames
            .Where(name => !Floats(model.Inputs, name))
            .Select(name => $"input {name}")
            .Concat(s_outputNames.Where(name => !Floats(model.Outputs, name)).Select(name => $"output {name}"))
            .ToList();
        var unknown = model.Inputs.Keys.Except(s_inputNames).Order(StringComparer.Ordinal).ToList();
        if (missing.Count > 0 || unknown.Count > 0)
        {
            var all = missing.Count > 0 ? $"it lacks the {Wording.List(missing)} (of floats)" : $"it wants the input {Wording.List(unknown)}";
            throw new InvalidInputException(
                $"{model.File.Path} is no SAM decoder: {all}.",
                model.File.Field,
                "Give the prompt decoder's file here, and the image encoder's with --sam-encoder."
            );
        }
    }

    /// <summary>Finds the object that a prompt shows.</summary>
    /// <param name="embedding">The picture.</param>
    /// <param name="frame">Where the picture lies in SAM's square.</param>
    /// <param name="prompt">Where the object is.</param>
    /// <returns>The object at the square's scale: <see cref="SamFrame.Width"/> x <see cref="SamFrame.Height"/>.</returns>
    public BinaryMask Decode(SamEmbedding embedding, SamFrame frame, MaskPrompt prompt)
    {
        var (coordinates, labels) = Points(frame, prompt);
        var (maskHeight, maskWidth) = MaskInputSize(embedding);
        using var image = OrtValue.CreateTensorValueFromMemory(embedding.Values, embedding.Shape);
        using var points = OrtValue.CreateTensorValueFromMemory(coordinates, [1, labels.Length, 2]);
        using var kinds = OrtValue.CreateTensorValueFromMemory(labels, [1, labels.Length]);
        using var mask = OrtValue.CreateTensorValueFromMemory(new float[maskHeight * maskWidth], [1, 1, maskHeight, maskWidth]);
        using var hasMask = OrtValue.CreateTensorValueFromMemory(new float[1], [1]);

        // The size at which the masks come: SAM decides on 256 x 256, so a photo of 64 megapixels at its full size would say no more and take gigabytes.
        using var size = OrtValue.CreateTensorValueFromMemory(new float[] { frame.Height, frame.Width }, [2]);
        var inputs = new Dictionary<string, OrtValue>
        {
            ["image_embeddings"] = image,
            ["point_coords"] = points,
            ["point_labels"] = kinds,
            ["mask_input"] = mask,
            ["has_mask_input"] = hasMask,
            ["orig_im_size"] = size,
        };
        using var outputs = _model.Run(inputs, s_outputNames);
        var shape = outputs[0].GetTensorTypeAndShape().Shape;
        var scores = outputs[1].GetTensorDataAsSpan<float>();
        if (shape.Length != 4 || shape[0] != 1 || shape[1] < 1 || shape[1] != scores.Length || shape[2] != frame.Height || shape[3] != frame.Width)
        {
            throw new InvalidInputException(
                $"{_model.File.Path} is no SAM decoder: its masks are {Wording.Shape(shape)} with {scores.Length} scores, where (1, N, {frame.Height}, "
                    + $"{frame.Width}) with N scores was expected.",
                _model.File.Field
            );
        }

        var pixels = frame.Width * frame.Height;
        var logits = outputs[0].GetTensorDataAsSpan<float>().Slice(Best(scores, prompt) * pixels, pixels);
        var values = new bool[pixels];
        for (var i = 0; i < pixels; i++)
        {
            values[i] = logits[i] > 0;
        }

        return new BinaryMask(frame.Width, frame.Height, values);
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    // A box is two points of their own kinds; without one, the export wants a point that says there is none.
    private static (float[] Coordinates, float[] Labels) Points(SamFrame frame, MaskPrompt prompt)
    {
        List<(float X, float Y)> points = [.. prompt.Points.Select(p => frame.Map(p.X + 0.5, p.Y + 0.5))];
        List<float> labels = [.. prompt.Points.Select(_ => Foreground)];
        if (prompt.Box is { } box)
        {
            points.AddRange([frame.Map(box.X, box.Y), frame.Map(box.Right, box.Bottom)]);
            labels.AddRange([TopLeft, BottomRight]);
        }
        else
        {
            points.Add((0, 0));
            labels.Add(Background);
        }

        return ([.. points.SelectMany(p => new[] { p.X, p.Y })], [.. labels]);
    }

    // Exports give one mask, or four of which the first answers clear prompts and the others, from part to whole, a single point.
    private static int Best(ReadOnlySpan<float> scores, MaskPrompt prompt)
    {
        var ambiguous = prompt.Box is null && prompt.Points.Count == 1;
        var first = scores.Length == 4 ? 1 : 0;
        if (scores.Length == 4 && !ambiguous)
        {
            return 0;
        }

        var best = first;
        for (var i = first + 1; i < scores.Length; i++)
        {
            best = scores[i] > scores[best] ? i : best;
        }

        return best;
    }

    // Four times the embedding's grid, unless the export says otherwise.
    private (int Height, int Width) MaskInputSize(SamEmbedding embedding)
    {
        const int Largest = 4096;
        var wanted = _model.Inputs["mask_input"].Dimensions;
        var height = wanted.Length == 4 && wanted[2] > 0 ? wanted[2] : 4 * (int)embedding.Shape[^2];
        var width = wanted.Length == 4 && wanted[3] > 0 ? wanted[3] : 4 * (int)embedding.Shape[^1];
        return height is > 0 and <= Largest && width is > 0 and <= Largest
            ? (height, width)
            : throw new InvalidInputException(
                $"{_model.File.Path} is no SAM decoder: its mask_input is {width} x {height}, and SAM's is 256 x 256.",
                _model.File.Field
            );
    }

    private static bool Floats(IReadOnlyDictionary<string, NodeMetadata> values, string name) =>
        values.TryGetValue(name, out var value) && value.IsTensor && value.ElementDataType == TensorElementType.Float;
}
