using OrleansOneShot.Common;
using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Safetensors;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>Reads one LoRA file: sorts its keys by module, checks names, ranks and shapes against the UNet, then copies the values.</summary>
internal sealed class LoraFileReader
{
    // Marks of other kinds of adapters, by a part of their keys.
    private static readonly (string Mark, string Kind)[] OtherKinds =
        [("hada_", "LoHa"), ("lokr_", "LoKr"), ("dora_scale", "DoRA"), ("lora_magnitude_vector", "DoRA"), ("lora_mid", "Tucker LoCon"), ("oft_", "OFT"), ("on_input", "IA3")];

    private readonly string _shown;
    private readonly SafetensorsFile _file;
    private readonly IReadOnlyDictionary<string, AdaptableLinear> _linears;
    private readonly Dictionary<string, string> _dottedNames;
    private readonly Dictionary<string, Found> _modules = [];
    private readonly List<string> _problems = [];
    private LoraFileForm? _form;
    private int _textEncoderTensors;

    public LoraFileReader(string shown, SafetensorsFile file, IReadOnlyDictionary<string, AdaptableLinear> linears)
    {
        _shown = shown;
        _file = file;
        _linears = linears;
        _dottedNames = linears.Keys.ToDictionary(k => k.Replace('.', '_'));
    }

    public LoadedLora Read(Device? device)
    {
        var bytes = _file.Header.Tensors.Values.Sum(t => t.ByteLength);
        if (bytes > LoraFile.MaximumBytes)
        {
            throw new InvalidInputException($"{_shown} holds {bytes} bytes; a LoRA may have up to {LoraFile.MaximumBytes}.", _shown);
        }

        foreach (var entry in _file.Header.Tensors.Values)
        {
            Sort(entry);
        }

        if (_modules.Count == 0 && _problems.Count == 0)
        {
            throw new InvalidInputException(
                _textEncoderTensors > 0 ? $"{_shown} adapts the text encoder alone, which is not supported." : $"{_shown} holds no LoRA.", _shown,
                "Use a LoRA of Stable Diffusion's UNet in kohya's or diffusers' form.");
        }

        var shapes = CheckedShapes();
        if (_problems.Count > 0)
        {
            var listed = Wording.List(_problems.Distinct(), "; ");
            throw new InvalidInputException($"{_shown} doesn't fit this UNet: {listed}.", _shown, "Use a LoRA that was made for this base model and adapts its attention alone.");
        }

        var network = LoraNetwork.Blank(shapes, device);
        try
        {
            foreach (var shape in shapes)
            {
                Copy(network, shape);
            }
        }
        catch
        {
            network.Dispose();
            throw;
        }

        return new LoadedLora(network, _form ?? LoraFileForm.Peft, _file.Header.Metadata, Warnings());
    }

    private void Sort(TensorEntry entry)
    {
        if (LoraKey.IsOfTextEncoder(entry.Name))
        {
            _textEncoderTensors++;
            return;
        }

        if (Array.Find(OtherKinds, k => entry.Name.Contains(k.Mark, StringComparison.Ordinal)) is { Mark: not null } other)
        {
            throw new InvalidInputException($"{_shown} is a {other.Kind} ({entry.Name}), which is not supported.", _shown, "Use a plain LoRA.");
        }

        if (LoraKey.Parse(entry.Name) is not { } key)
        {
            _problems.Add($"{entry.Name} is no key of a LoRA");
            return;
        }

        // An alpha may be a whole number.
        if (!TensorSchema.Floating.Contains(entry.ElementType) && (key.Part != LoraPart.Alpha || entry.ElementType == ScalarType.Bool))
        {
            _problems.Add($"{entry.Name} is of type {SafetensorsTypes.NameOf(entry.ElementType)}, not {Wording.List(TensorSchema.Floating.Select(SafetensorsTypes.NameOf), " or ")}");
            return;
        }

        _form ??= key.Form;
        if (key.Form is { } form && form != _form)
        {
            _problems.Add($"{entry.Name} mixes the forms {_form} and {form}");
            return;
        }

        var module = key.Form == LoraFileForm.Kohya ? _dottedNames.GetValueOrDefault(key.Module) : key.Module;
        if (module is null || !_linears.ContainsKey(module))
        {
            _problems.Add($"the UNet has no attention layer {key.Module}");
            return;
        }

        if (!_modules.TryGetValue(module, out var found))
        {
            _modules.Add(module, found = new Found());
        }

        found[key.Part] = entry;
    }

    private List<LoraModuleShape> CheckedShapes()
    {
        var settings = _form != LoraFileForm.Kohya && _file.Header.Metadata.TryGetValue(PeftMetadata.Key, out var json) ? PeftMetadata.Read(json, _shown) : null;
        var shapes = new List<LoraModuleShape>();
        foreach (var (module, linear) in _linears)
        {
            if (!_modules.TryGetValue(module, out var found))
            {
                continue;
            }

            if (found[LoraPart.Down] is not { } down || found[LoraPart.Up] is not { } up)
            {
                _problems.Add($"{module} lacks its {(found[LoraPart.Down] is null ? "down (A)" : "up (B)")} matrix");
                continue;
            }

            if (down.Shape is not [var rank, var inFeatures] || up.Shape is not [var outFeatures, var upRank] || rank != upRank || inFeatures != linear.InFeatures
                || outFeatures != linear.OutFeatures)
            {
                _problems.Add($"{module} has A {down.ShapeText} and B {up.ShapeText} where the layer needs (r, {linear.InFeatures}) and ({linear.OutFeatures}, r)");
                continue;
            }

            if (rank is < 1 or > LoraSettings.MaximumRank)
            {
                _problems.Add($"{module} has the rank {rank}; it must be from 1 to {LoraSettings.MaximumRank}");
                continue;
            }

            var alpha = Alpha(found, settings, module, rank);
            shapes.Add(new LoraModuleShape(module, inFeatures, outFeatures, rank, alpha));
        }

        return shapes;
    }

    private double Alpha(Found found, PeftMetadata? settings, string module, long rank)
    {
        if (found[LoraPart.Alpha] is not { } entry)
        {
            // Without any alpha the scale is 1.
            return settings?.AlphaOf(module, rank) ?? rank;
        }

        using var scope = NewDisposeScope();
        var alpha = entry.ByteLength > 0 && entry.Shape.All(s => s == 1) ? _file.Get(entry.Name).to(ScalarType.Float64).item<double>() : double.NaN;
        if (!double.IsFinite(alpha))
        {
            _problems.Add($"{entry.Name} is no finite number");
        }

        return alpha;
    }

    private void Copy(LoraNetwork network, LoraModuleShape shape)
    {
        var found = _modules[shape.Module];
        foreach (var (part, name) in new[] { (LoraPart.Down, LoraNetwork.NameOfA(shape.Module)), (LoraPart.Up, LoraNetwork.NameOfB(shape.Module)) })
        {
            using var scope = NewDisposeScope();
            var key = found[part]!.Name;
            var values = _file.Get(key).to(ScalarType.Float32);
            if (!values.isfinite().all().item<bool>())
            {
                throw new InvalidInputException($"{_shown} can't be used: {key} holds values that are not finite.", _shown, "Train or download it again.");
            }

            network.Parameters.Assign(name, values);
        }
    }

    private List<string> Warnings() => _textEncoderTensors == 0
        ? []
        : [$"{_shown} also adapts the text encoder ({_textEncoderTensors} tensors); that part is not applied, so pictures differ from those of tools that apply it."];

    /// <summary>The tensors of one module as far as they were found.</summary>
    private sealed class Found
    {
        private readonly TensorEntry?[] _parts = new TensorEntry?[3];

        public TensorEntry? this[LoraPart part]
        {
            get => _parts[(int)part];
            set => _parts[(int)part] = value;
        }
    }
}
