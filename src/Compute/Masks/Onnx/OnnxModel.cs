using Microsoft.ML.OnnxRuntime;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Threads;

namespace OrleansOneShot.Compute.Masks.Onnx;

/// <summary>A model of ONNX Runtime, on the CPU.</summary>
internal sealed class OnnxModel : IDisposable
{
    // 64 MiB: what is worked out when a model is loaded.
    private const string LargestConstant = "67108864";
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

            // Bytes can be sound in two formats at once; what was looked through is ONNX, so the runtime may take them for nothing else.
            options.AddSessionConfigEntry("session.load_model_format", "ONNX");
            options.AddSessionConfigEntry("optimization.constant_folding_max_output_size_in_bytes", LargestConstant);

            // Its threads, too, would turn in circles between two operations.
            options.IntraOpNumThreads = ThreadSettings.Current.Fixed ?? ThreadSettings.Current.Processors.Threads;
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            OnnxMemory.Bound(options, file.Bytes.Length);
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
    /// <param name="longest">Longest run; null takes <see cref="OnnxWatch.LongestRun"/>.</param>
    /// <returns>The outputs in that order; the caller disposes of them.</returns>
    /// <exception cref="InvalidInputException">
    /// The model refuses its inputs, fails, or takes more time or memory than a model of its file's size can need.
    /// </exception>
    public IDisposableReadOnlyCollection<OrtValue> Run(
        IReadOnlyDictionary<string, OrtValue> inputs,
        IReadOnlyCollection<string> outputs,
        TimeSpan? longest = null
    )
    {
        OnnxWatch? watch = null;
        try
        {
            using var options = new RunOptions();
            options.AddRunConfigEntry("memory.enable_memory_arena_shrinkage", "cpu:0");
            watch = new OnnxWatch(options, OnnxMemory.LimitOf(File.Bytes.Length), longest ?? OnnxWatch.LongestRun);
            IDisposableReadOnlyCollection<OrtValue> results;
            using (watch)
            {
                results = _session.Run(options, inputs, outputs);
            }

            if (watch.Problem is not null)
            {
                results.Dispose();
                throw TooMuch(watch.Problem, null);
            }

            return results;
        }
        catch (OnnxRuntimeException e) when (watch?.Problem is { } problem)
        {
            throw TooMuch(problem, e);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidInputException(
                $"{File.Path} failed on its inputs: {FirstLine(e)}",
                File.Field,
                "It may be made for another picture size, or not be SAM.",
                e
            );
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private InvalidInputException TooMuch(string problem, Exception? inner) =>
        new($"{File.Path} can't be used: {problem}, far more than SAM of that size.", File.Field, "Fetch or export it again.", inner);

    private static string FirstLine(Exception e) => Wording.Cut(e.Message.Split('\n', 2)[0].Trim(), 300);
}
