using System.Globalization;
using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Safetensors;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>
/// All that a run needs to go on as if it had never stopped: what trains, the optimiser's moments, the curves, and how terms are evaluated. Nothing random is
/// stored, since random numbers are keyed by step; nothing that can be computed again is stored either.
/// </summary>
internal static class Checkpoint
{
    private const string Format = "oneshot-checkpoint-1";
    private const string FanOutKey = "fan_out";
    private const string ConfigurationKey = "configuration";
    private const string BestKey = "prototype_best";
    private const string Curve = "curve.losses";

    // Far more than a request may name.
    private const int MaximumObjects = 1000;
    private const string OptimiserPrefix = "optimiser.";
    private const string PrototypePrefix = "curve.prototype.";

    /// <summary>Writes a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fingerprint">What the run depends on: a checkpoint is only taken up by a run of the same fingerprint.</param>
    /// <param name="trainer">What trains.</param>
    /// <param name="curves">The losses so far, one entry a step done.</param>
    /// <param name="prototypes">L_PE by object.</param>
    /// <param name="decision">How terms are evaluated.</param>
    /// <param name="configuration">The hash of the model's configuration; null leaves it out, as earlier versions did.</param>
    public static void Write(
        string path,
        string fingerprint,
        Trainer trainer,
        LossCurves curves,
        IReadOnlyList<PrototypeCurve> prototypes,
        FanOutDecision decision,
        string? configuration = null
    )
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (key, parameter) in Parameters(trainer))
        {
            tensors[key] = parameter;
        }

        foreach (var (name, state) in trainer.Optimiser.Export())
        {
            tensors[OptimiserPrefix + name] = state;
        }

        var steps = curves.Steps;
        tensors[Curve] = tensor(steps.SelectMany(s => s.Values).ToArray(), [steps.Count, trainer.Objective.LossNames.Count], ScalarType.Float64);
        for (var i = 0; i < prototypes.Count; i++)
        {
            tensors[PrototypeKey(i)] = tensor(prototypes[i].Losses.ToArray(), ScalarType.Float64);
        }

        var metadata = new Dictionary<string, string>
        {
            ["format"] = Format,
            ["fingerprint"] = fingerprint,
            ["step"] = steps.Count.ToString(CultureInfo.InvariantCulture),
            [FanOutKey] = decision.ToText(),
            [BestKey] = string.Join(',', prototypes.Select(p => p.BestStep.ToString(CultureInfo.InvariantCulture))),
        };
        if (configuration is not null)
        {
            metadata.Add(ConfigurationKey, configuration);
        }

        SafetensorsWriter.Write(path, tensors, metadata);
    }

    /// <summary>The configuration that a checkpoint's run computed with.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The hash of the model's configuration; null: an earlier version wrote it.</returns>
    /// <exception cref="InvalidInputException">The file is damaged.</exception>
    public static string? ConfigurationOf(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return file.Header.Metadata.GetValueOrDefault(ConfigurationKey);
    }

    /// <summary>Takes up a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fingerprint">What this run depends on.</param>
    /// <param name="trainer">Filled.</param>
    /// <param name="curves">Filled; its length is the number of steps done.</param>
    /// <returns>L_PE by object, and how terms are evaluated.</returns>
    /// <exception cref="InvalidInputException">The file is damaged, or of another run; nothing was changed then.</exception>
    public static (IReadOnlyList<PrototypeCurve> Prototypes, FanOutDecision Decision) Read(string path, string fingerprint, Trainer trainer, LossCurves curves)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        var metadata = file.Header.Metadata;
        if (metadata.GetValueOrDefault("format") != Format || metadata.GetValueOrDefault("fingerprint") != fingerprint)
        {
            throw new InvalidInputException(
                "The checkpoint belongs to another run or version, so this run can't go on from it.",
                "checkpoint",
                "Submit the job again."
            );
        }

        // All of it is looked at before anything of this run is changed.
        var decision = FanOutDecision.FromText(metadata.GetValueOrDefault(FanOutKey));
        var best = BestSteps(metadata);
        var tensors = ReadTensors(file, trainer, Steps(metadata), best.Count);
        IReadOnlyList<PrototypeCurve> prototypes = [.. best.Select((step, i) => CurveOf(Values(tensors[PrototypeKey(i)]), step))];
        trainer.Optimiser.Import(trainer.Optimiser.StateShapes().ToDictionary(state => state.Name, state => tensors[OptimiserPrefix + state.Name]));
        foreach (var group in trainer.Groups)
        {
            foreach (var name in group.Parameters.Names)
            {
                group.Parameters.Assign(name, tensors[group.KeyOf(name)]);
            }
        }

        var names = trainer.Objective.LossNames;
        foreach (var losses in Values(tensors[Curve]).Chunk(names.Count))
        {
            curves.Add(new StepLosses(names, losses));
        }

        return (prototypes, decision);
    }

    private static IReadOnlyDictionary<string, Tensor> ReadTensors(SafetensorsFile file, Trainer trainer, int steps, int objects)
    {
        var schema = new TensorSchema().With(Curve, [ScalarType.Float64], [steps, trainer.Objective.LossNames.Count], finite: false);
        foreach (var (key, parameter) in Parameters(trainer))
        {
            schema.With(key, [ScalarType.Float32], parameter.shape);
        }

        foreach (var (name, type, shape) in trainer.Optimiser.StateShapes())
        {
            schema.With(OptimiserPrefix + name, [type], shape);
        }

        for (var i = 0; i < objects; i++)
        {
            schema.With(PrototypeKey(i), [ScalarType.Float64], [TensorSchema.Any], finite: false);
        }

        try
        {
            return schema.Read(file);
        }
        catch (UnfitTensorsException e)
        {
            throw Damaged(e.Message, e);
        }
    }

    private static IEnumerable<(string Key, Tensor Parameter)> Parameters(Trainer trainer) =>
        trainer.Groups.SelectMany(group => group.Parameters.Names.Select(name => (group.KeyOf(name), group.Parameters[name])));

    private static int Steps(IReadOnlyDictionary<string, string> metadata) =>
        int.TryParse(metadata.GetValueOrDefault("step"), NumberStyles.None, CultureInfo.InvariantCulture, out var steps)
            ? steps
            : throw Damaged("it does not say how many steps are done");

    private static List<int> BestSteps(IReadOnlyDictionary<string, string> metadata)
    {
        var steps = new List<int>();
        foreach (var text in (metadata.GetValueOrDefault(BestKey) ?? throw Damaged($"it has no {BestKey}")).Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            steps.Add(
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : throw Damaged($"its {BestKey} is no list of steps")
            );
            if (steps.Count > MaximumObjects)
            {
                throw Damaged($"its {BestKey} names more than {MaximumObjects} objects");
            }
        }

        return steps;
    }

    private static PrototypeCurve CurveOf(double[] losses, int best) =>
        best < losses.Length ? new PrototypeCurve(losses, best) : throw Damaged($"its {BestKey} names step {best} of {losses.Length}");

    private static string PrototypeKey(int index) => PrototypePrefix + index.ToString(CultureInfo.InvariantCulture);

    // A curve of no steps yet: the accessor can't copy nothing.
    private static double[] Values(Tensor tensor) => tensor.numel() == 0 ? [] : tensor.data<double>().ToArray();

    private static InvalidInputException Damaged(string problem, Exception? inner = null) =>
        new($"The checkpoint is damaged: {problem}.", "checkpoint", "Submit the job again.", inner);
}

/// <summary>Hands checkpoints over, one at a time, in a file that is gone afterwards.</summary>
/// <param name="folder">An existing folder.</param>
/// <param name="write">Writes the newest step into a file.</param>
/// <param name="observer">Takes it.</param>
internal sealed class CheckpointFile(string folder, Action<string> write, IImplantationObserver observer)
{
    /// <summary>Writes a checkpoint and waits until it has been taken.</summary>
    /// <param name="step">Steps done.</param>
    public void Commit(int step)
    {
        var path = Path.Combine(folder, "checkpoint.partial.safetensors");
        write(path);
        observer.Checkpoint(step, path);
        File.Delete(path);
    }
}
