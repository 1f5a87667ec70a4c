using Microsoft.ML.OnnxRuntime;

namespace OrleansOneShot.Compute.Masks.Onnx;

/// <summary>A model of ONNX Runtime, on the CPU.</summary>
internal sealed class OnnxModel : IDisposable
{
    private readonly InferenceSession _session;

    private OnnxModel(OnnxFile file, InferenceSession session) => (File, _session) = (file, session);

    /// <summary>The file it was read from.</summary>
    public OnnxFile File { get; }

    /// <summary>Inputs by name.</summary>
    public IReadOnlyDictionary<string, NodeMetadata> Inputs => _session.InputMetadata;

    /// <summary>Outputs by name.</summary>
    public IReadOnlyDictionary<string, NodeMetadata> Outputs => _session.OutputMetadata;

    /// <summary>Loads a model.</summary>
    /// <param name="file">A file that was checked.</param>
    /// <exception cref="InvalidInputException">ONNX Runtime can't read it.</exception>
    public static OnnxModel Load(OnnxFile file)
    {
        try
        {
            // Only fatal messages: what fails arrives as an exception, and stderr belongs to the command line.
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            return new OnnxModel(file, new InferenceSession(file.Bytes, options));
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidInputException($"ONNX Runtime can't read {file.Path}: {FirstLine(e)}", file.Field, "Fetch or export it again.", e);
        }
    }

    /// <summary>Runs the model.</summary>
    /// <param name="inputs">Values by name.</param>
    /// <param name="outputs">Names of the wanted outputs.</param>
    /// <returns>The outputs in that order; the caller disposes of them.</returns>
    /// <exception cref="InvalidInputException">The model refuses its inputs or fails.</exception>
    public IDisposableReadOnlyCollection<OrtValue> Run(IReadOnlyDictionary<string, OrtValue> inputs, IReadOnlyCollection<string> outputs)
    {
        try
        {
            using var options = new RunOptions();
            return _session.Run(options, inputs, outputs);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidInputException($"{File.Path} failed on its inputs: {FirstLine(e)}", File.Field, "It may be made for another picture size, or not be SAM.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private static string FirstLine(Exception e) => e.Message.Split('\n', 2)[0].Trim();
}
