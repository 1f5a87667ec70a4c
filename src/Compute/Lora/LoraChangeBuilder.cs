using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>The tensors of one layer as far as a file has them.</summary>
internal sealed class LoraTensors
{
    private readonly Dictionary<LoraPart, TensorEntry> _parts = [];

    /// <summary>What the file has of a part, or null.</summary>
    public TensorEntry? this[LoraPart part]
    {
        get => _parts.GetValueOrDefault(part);
        set => _parts[part] = value!;
    }

    /// <summary>The parts that are there.</summary>
    public IReadOnlyCollection<LoraPart> Parts => _parts.Keys;

    /// <summary>Whether all of these are there.</summary>
    public bool Has(params ReadOnlySpan<LoraPart> parts)
    {
        foreach (var part in parts)
        {
            if (!_parts.ContainsKey(part))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>Makes changes of layers out of a file's tensors: checks every form's sizes by the header, then opens the values.</summary>
/// <param name="shown">The file's name in messages.</param>
/// <param name="file">The file.</param>
/// <param name="settings">PEFT's settings from beside the file, or null.</param>
/// <param name="isKohya">Whether the file is in kohya's form, which has every alpha as a tensor.</param>
/// <param name="problems">Gets what doesn't fit, in clauses.</param>
internal sealed class LoraChangeBuilder(string shown, SafetensorsFile file, PeftMetadata? settings, bool isKohya, List<string> problems)
{
    private static readonly LoraPart[] s_shared = [LoraPart.Alpha, LoraPart.Magnitude, LoraPart.DiffBias];

    private readonly PeftMetadata? _settings =
        !isKohya && file.Header.Metadata.TryGetValue(PeftMetadata.Key, out var json) ? PeftMetadata.Read(json, shown) : settings;

    /// <summary>Checks sizes, types and ranks.</summary>
    /// <param name="modules">The layers, with their names and tensors.</param>
    public void Check(IReadOnlyCollection<(AdaptableLayer Layer, string Module, LoraTensors Found)> modules)
    {
        if (_settings is { UsesDora: true } && !modules.Any(m => m.Found.Has(LoraPart.Magnitude)))
        {
            problems.Add("it says that it is a DoRA and has no lora_magnitude_vector");
        }

        foreach (var (layer, module, found) in modules)
        {
            if (FormOf(found) is not { } form)
            {
                problems.Add(Incomplete(module, found));
                continue;
            }

            var shapes = new ShapeCheck(module, layer, found, problems);
            shapes.Check(form);
            if (found[LoraPart.DiffBias] is { } bias && (layer.bias is null || !bias.Shape.SequenceEqual([layer.OutFeatures])))
            {
                problems.Add($"{bias.Name} is {bias.ShapeText} where the layer {(layer.bias is null ? "has no bias" : $"needs [{layer.OutFeatures}]")}");
            }

            if (found[LoraPart.Alpha] is { } alpha && (alpha.ByteLength == 0 || alpha.Shape.Any(s => s != 1)))
            {
                problems.Add($"{alpha.Name} is {alpha.ShapeText}, not one number");
            }
        }
    }

    /// <summary>Opens the values of a layer whose tensors were checked.</summary>
    /// <param name="side">The model.</param>
    /// <param name="module">The layer's name.</param>
    /// <param name="found">Its tensors.</param>
    /// <returns>The change; the caller disposes of it.</returns>
    /// <exception cref="InvalidInputException">A value is not finite.</exception>
    public LoraChange Build(LoraSide side, string module, LoraTensors found)
    {
        using var scope = NewDisposeScope(); // for what was opened before a value turns out not to be finite
        Tensor Of(LoraPart part) => Opened(found[part]!);
        Tensor? IfThere(LoraPart part) => found[part] is { } entry ? Opened(entry) : null;
        double Scale(long rank) => Alpha(side, module, found, rank) / rank;
        (Tensor, Tensor)? Cores() => found.Has(LoraPart.HadaT1, LoraPart.HadaT2) ? (Of(LoraPart.HadaT1), Of(LoraPart.HadaT2)) : null;

        WeightDelta? delta = FormOf(found)!.Value switch
        {
            LoraForm.Product => new ProductDelta(Of(LoraPart.Down), Of(LoraPart.Up), IfThere(LoraPart.Mid), Scale(found[LoraPart.Down]!.Shape[0])),
            LoraForm.Hadamard => new HadamardDelta(
                Of(LoraPart.HadaW1A),
                Of(LoraPart.HadaW1B),
                Of(LoraPart.HadaW2A),
                Of(LoraPart.HadaW2B),
                Cores(),
                Scale(found[LoraPart.HadaW1B]!.Shape[0])
            ),
            LoraForm.Kronecker => new KroneckerDelta(
                found.Has(LoraPart.LokrW1) ? [Of(LoraPart.LokrW1)] : [Of(LoraPart.LokrW1A), Of(LoraPart.LokrW1B)],
                found.Has(LoraPart.LokrW2) ? [Of(LoraPart.LokrW2)] : [Of(LoraPart.LokrW2A), Of(LoraPart.LokrW2B)],
                IfThere(LoraPart.LokrT2),
                (found[LoraPart.LokrW2B] ?? found[LoraPart.LokrW1B]) is { } factor ? Scale(factor.Shape[0]) : 1
            ), // where both are whole, LyCORIS ignores alpha
            LoraForm.Full => new FullDelta(Of(LoraPart.Diff)),
            _ => null,
        };
        var change = new LoraChange(
            module,
            shown,
            delta,
            IfThere(LoraPart.Magnitude),
            found[LoraPart.Magnitude] is { } lengths && IsOfColumns(lengths),
            IfThere(LoraPart.DiffBias)
        );
        foreach (var tensor in (change.Delta?.Factors ?? []).Concat([change.Magnitude, change.Bias]))
        {
            tensor?.DetachFromDisposeScope();
        }

        return change;
    }

    /// <summary>
    /// Whether a DoRA's lengths are those of the weight's columns: LyCORIS' older files, (1, in[, 1...]). PEFT's are always of rows, of a convolution as (1,
    /// out, 1, 1).
    /// </summary>
    internal static bool IsOfColumns(TensorEntry magnitude) =>
        magnitude.Shape is [1, > 1, ..] && !magnitude.Name.Contains("lora_magnitude_vector", StringComparison.Ordinal);

    // A form is told by the part that no other form has.
    private static LoraForm? FormOf(LoraTensors found)
    {
        var forms = new List<LoraForm>();
        void Add(bool whole, LoraForm form)
        {
            if (whole)
            {
                forms.Add(form);
            }
        }

        Add(found.Has(LoraPart.Down, LoraPart.Up), LoraForm.Product);
        Add(
            found.Has(LoraPart.HadaW1A, LoraPart.HadaW1B, LoraPart.HadaW2A, LoraPart.HadaW2B) && found.Has(LoraPart.HadaT1) == found.Has(LoraPart.HadaT2),
            LoraForm.Hadamard
        );
        Add(
            IsMatrix(found, LoraPart.LokrW1, LoraPart.LokrW1A, LoraPart.LokrW1B)
                && IsMatrix(found, LoraPart.LokrW2, LoraPart.LokrW2A, LoraPart.LokrW2B)
                && (!found.Has(LoraPart.LokrT2) || found.Has(LoraPart.LokrW2A)),
            LoraForm.Kronecker
        );
        Add(found.Has(LoraPart.Diff), LoraForm.Full);
        Add(found.Parts.All(p => p == LoraPart.DiffBias), LoraForm.BiasAlone);
        return forms is [var one] && found.Parts.All(part => s_shared.Contains(part) || Owner(part) == one) ? one : null;
    }

    private static bool IsMatrix(LoraTensors found, LoraPart whole, LoraPart first, LoraPart second) =>
        found.Has(whole) ? !found.Has(first) && !found.Has(second) : found.Has(first, second);

    private static LoraForm Owner(LoraPart part) =>
        part switch
        {
            LoraPart.Down or LoraPart.Up or LoraPart.Mid => LoraForm.Product,
            >= LoraPart.HadaW1A and <= LoraPart.HadaT2 => LoraForm.Hadamard,
            >= LoraPart.LokrW1 and <= LoraPart.LokrT2 => LoraForm.Kronecker,
            _ => LoraForm.Full,
        };

    private static string Incomplete(string module, LoraTensors found) =>
        found.Has(LoraPart.Down) && !found.Has(LoraPart.Up) ? $"{module} lacks its up (B) matrix"
        : found.Has(LoraPart.Up) && !found.Has(LoraPart.Down) ? $"{module} lacks its down (A) matrix"
        : $"{module} has {Endings(found)}, which make no change of a weight";

    private static string Endings(LoraTensors found) =>
        string.Join(
            ", ",
            found
                .Parts.Select(part => found[part]!.Name)
                .Select(name => name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..])
                .Order(StringComparer.Ordinal)
                .Take(4)
        );

    private Tensor Opened(TensorEntry entry)
    {
        var values = file.Get(entry);
        using var scope = NewDisposeScope();
        return values.to(ScalarType.Float32).IsAllFinite()
            ? values
            : throw new InvalidInputException($"{shown} can't be used: {entry.Name} holds values that are not finite.", shown, "Train or download it again.");
    }

    private double Alpha(LoraSide side, string module, LoraTensors found, long rank)
    {
        if (found[LoraPart.Alpha] is not { } entry)
        {
            // Without any alpha the scale is 1.
            return _settings?.AlphaOf(side, module, rank) ?? rank;
        }

        using var scope = NewDisposeScope();
        var alpha = file.Get(entry).to(ScalarType.Float64).item<double>();
        return double.IsFinite(alpha)
            ? alpha
            : throw new InvalidInputException($"{shown} can't be used: {entry.Name} is no finite number.", shown, "Train or download it again.");
    }
}

/// <summary>How the change of a weight is stored.</summary>
internal enum LoraForm
{
    /// <summary>B A, with or without a core: LoRA, LoCon.</summary>
    Product,

    /// <summary>LoHa.</summary>
    Hadamard,

    /// <summary>LoKr.</summary>
    Kronecker,

    /// <summary>The whole change.</summary>
    Full,

    /// <summary>The bias alone.</summary>
    BiasAlone,
}
