using System.Globalization;
using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Safetensors;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>
/// All that a run needs to go on as if it had never stopped: what trains, the optimiser's moments, the curves, and how terms are evaluated. Nothing random is stored, since random numbers are keyed by step;
/// nothing that can be computed again is stored either.
/// </summary>
internal static class Checkpoint
{
    private const string Format = "oneshot-checkpoint-1";
    private const string FanOutKey = "fan_out";
    private const string Curve = "curve.losses";
    private const string Vectors = "vectors";
    private const string LoraPrefix = "lora.";
    private const string OptimiserPrefix = "optimiser.";
    private const string PrototypePrefix = "curve.prototype.";

    /// <summary>Writes a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fingerprint">What the run depends on: a checkpoint is only taken up by a run of the same fingerprint.</param>
    /// <param name="trainer">What trains.</param>
    /// <param name="curves">The losses so far, one entry a step done.</param>
    /// <param name="prototypes">L_PE by object.</param>
    /// <param name="decision">How terms are evaluated.</param>
    public static void Write(
        string path, string fingerprint, Trainer trainer, LossCurves curves, IReadOnlyList<PrototypeCurve> prototypes, FanOutDecision decision)
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor> { [Vectors] = trainer.Vectors };
        foreach (var name in trainer.Lora.Parameters.Names)
        {
            tensors[LoraPrefix + name] = trainer.Lora.Parameters[name];
        }

        foreach (var (name, state) in trainer.Optimiser.Export())
        {
            tensors[OptimiserPrefix + name] = state;
        }

        var steps = curves.Steps;
        tensors[Curve] = tensor(steps.SelectMany(s => new[] { s.Global, s.Object, s.Class }).ToArray(), [steps.Count, 3], ScalarType.Float64);
        for (var i = 0; i < prototypes.Count; i++)
        {
            tensors[PrototypePrefix + i.ToString(CultureInfo.InvariantCulture)] = tensor(prototypes[i].Losses.ToArray(), ScalarType.Float64);
        }

        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string>
        {
            ["format"] = Format,
            ["fingerprint"] = fingerprint,
            ["step"] = steps.Count.ToString(CultureInfo.InvariantCulture),
            [FanOutKey] = decision.ToText(),
            ["prototype_best"] = string.Join(',', prototypes.Select(p => p.BestStep.ToString(CultureInfo.InvariantCulture))),
        });
    }

    /// <summary>Takes up a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fingerprint">What this run depends on.</param>
    /// <param name="trainer">Filled.</param>
    /// <param name="curves">Filled; its length is the number of steps done.</param>
    /// <returns>L_PE by object, and how terms are evaluated.</returns>
    /// <exception cref="InvalidInputException">The file is damaged, or of another run.</exception>
    public static (IReadOnlyList<PrototypeCurve> Prototypes, FanOutDecision Decision) Read(string path, string fingerprint, Trainer trainer, LossCurves curves)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        var metadata = file.Header.Metadata;
        if (metadata.GetValueOrDefault("format") != Format || metadata.GetValueOrDefault("fingerprint") != fingerprint)
        {
            throw new InvalidInputException("The checkpoint belongs to another run or version, so this run can't go on from it.", "checkpoint", "Submit the job again.");
        }

        var decision = FanOutDecision.FromText(metadata.GetValueOrDefault(FanOutKey));
        trainer.Tokens.Assign(Trainer.VectorsName, file.Get(Vectors));
        foreach (var name in trainer.Lora.Parameters.Names)
        {
            trainer.Lora.Parameters.Assign(name, file.Get(LoraPrefix + name));
        }

        trainer.Optimiser.Import(file.Keys.Where(k => k.StartsWith(OptimiserPrefix, StringComparison.Ordinal)).ToDictionary(k => k[OptimiserPrefix.Length..], file.Get));
        var curve = file.Get(Curve);
        var losses = curve.numel() == 0 ? [] : curve.data<double>().ToArray(); // before the first step there are none, which the accessor can't copy
        for (var i = 0; i < losses.Length; i += 3)
        {
            curves.Add(new StepLosses(losses[i], losses[i + 1], losses[i + 2]));
        }

        var best = metadata["prototype_best"].Split(',', StringSplitOptions.RemoveEmptyEntries);
        IReadOnlyList<PrototypeCurve> prototypes = [.. best.Select((b, i) => new PrototypeCurve(file.Get(PrototypePrefix + i.ToString(CultureInfo.InvariantCulture)).data<double>().ToArray(), int.Parse(b, CultureInfo.InvariantCulture)))];
        return (prototypes, decision);
    }
}
