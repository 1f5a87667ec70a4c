using OrleansOneShot.Common;
using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Safetensors;

namespace OrleansOneShot.Compute.Lora;

/// <summary>
/// Reads one LoRA file: sorts its keys by layer, checks names, ranks and shapes against the models by the header alone, then opens the values.
/// </summary>
internal sealed class LoraFileReader
{
    // A problem names up to two keys.
    private const int LongestProblem = 400;

    private const string BundlePrefix = "bundle_emb.";

    private readonly string _shown;
    private readonly SafetensorsFile _file;
    private readonly KohyaLayerNames _unet;
    private readonly KohyaLayerNames? _textEncoder;
    private readonly Dictionary<(LoraSide Side, string Module), LoraTensors> _modules = [];
    private readonly List<string> _problems = [];
    private LoraFileForm? _form;
    private readonly SortedSet<string> _bundled = new(StringComparer.Ordinal);
    private int _textEncoderTensors;

    /// <param name="shown">The file's name in messages.</param>
    /// <param name="file">The file.</param>
    /// <param name="unet">The UNet's layers.</param>
    /// <param name="textEncoder">The text encoder's layers; null leaves its part of the file out.</param>
    public LoraFileReader(
        string shown,
        SafetensorsFile file,
        IReadOnlyDictionary<string, AdaptableLayer> unet,
        IReadOnlyDictionary<string, AdaptableLayer>? textEncoder
    )
    {
        _shown = shown;
        _file = file;
        _unet = new KohyaLayerNames(unet);
        _textEncoder = textEncoder is null ? null : new KohyaLayerNames(textEncoder);
    }

    /// <summary>Reads the file.</summary>
    /// <param name="settings">PEFT's settings from beside the file; null when there are none or the header has them.</param>
    public LoadedLora Read(PeftMetadata? settings)
    {
        var bytes = _file.Header.Tensors.Values.Sum(t => t.ByteLength);
        if (bytes > LoraFile.MaximumBytes)
        {
            throw new InvalidInputException($"{_shown} holds {bytes} bytes; a LoRA may have up to {LoraFile.MaximumBytes}.", _shown);
        }

        ForeignLora.Refuse(_shown, _file.Header);
        foreach (var entry in _file.Header.Tensors.Values)
        {
            Sort(entry);
        }

        if (_modules.Count == 0 && _problems.Count == 0)
        {
            throw new InvalidInputException(
                _textEncoderTensors > 0 ? $"{_shown} adapts the text encoder alone, which is not read here." : $"{_shown} holds no LoRA.",
                _shown,
                "Use a LoRA of Stable Diffusion in kohya's or diffusers' form."
            );
        }

        var builder = new LoraChangeBuilder(_shown, _file, settings, _form == LoraFileForm.Kohya, _problems);
        builder.Check([.. _modules.Select(m => (LayerOf(m.Key), m.Key.Module, m.Value))]);
        if (_problems.Count > 0)
        {
            throw Misfit();
        }

        var changes = new Dictionary<LoraSide, List<LoraChange>> { [LoraSide.UNet] = [], [LoraSide.TextEncoder] = [] };
        try
        {
            foreach (var (side, names) in new[] { (LoraSide.UNet, _unet), (LoraSide.TextEncoder, _textEncoder) })
            {
                foreach (var module in names?.Layers.Keys ?? [])
                {
                    if (_modules.TryGetValue((side, module), out var found))
                    {
                        changes[side].Add(builder.Build(side, module, found));
                    }
                }
            }
        }
        catch
        {
            foreach (var change in changes.Values.SelectMany(all => all))
            {
                change.Dispose();
            }

            throw;
        }

        return new LoadedLora(
            _shown,
            _unet.Layers,
            changes[LoraSide.UNet],
            changes[LoraSide.TextEncoder],
            _form ?? LoraFileForm.Peft,
            _file.Header.Metadata,
            Warnings()
        );
    }

    private void Sort(TensorEntry entry)
    {
        // Some files carry the embedding that they were trained with: bundle_emb.NAME.string_to_param.*
        if (entry.Name.StartsWith(BundlePrefix, StringComparison.Ordinal))
        {
            _bundled.Add(entry.Name[BundlePrefix.Length..].Split('.')[0]);
            return;
        }

        if (LoraKey.Parse(entry.Name) is not { } key)
        {
            _problems.Add($"{entry.Name} is no key of a LoRA");
            return;
        }

        // An alpha may be a whole number.
        if (!TensorSchema.Floating.Contains(entry.ElementType) && (key.Part != LoraPart.Alpha || entry.ElementType == TorchSharp.torch.ScalarType.Bool))
        {
            _problems.Add(
                $"{entry.Name} is of type {SafetensorsTypes.NameOf(entry.ElementType)}, not "
                    + $"{Wording.List(TensorSchema.Floating.Select(SafetensorsTypes.NameOf), " or ")}"
            );
            return;
        }

        _form ??= key.Form;
        if (Find(key) is not var (side, module))
        {
            if (key.Side == LoraSide.TextEncoder && _textEncoder is null)
            {
                _textEncoderTensors++;
                return;
            }

            _problems.Add($"the {(key.Side == LoraSide.TextEncoder ? "text encoder" : "UNet")} has no layer {key.Module}");
            return;
        }

        if (!_modules.TryGetValue((side, module), out var found))
        {
            _modules.Add((side, module), found = new LoraTensors());
        }

        if (found[key.Part] is { } other)
        {
            _problems.Add($"{other.Name} and {entry.Name} are the same tensor of {module}");
            return;
        }

        found[key.Part] = entry;
    }

    private (LoraSide Side, string Module)? Find(LoraKey key)
    {
        if (key.Side != LoraSide.TextEncoder && _unet.Find(key.Module) is { } ofUNet)
        {
            return (LoraSide.UNet, ofUNet);
        }

        return key.Side != LoraSide.UNet && _textEncoder?.Find(key.Module) is { } ofText ? (LoraSide.TextEncoder, ofText) : null;
    }

    private AdaptableLayer LayerOf((LoraSide Side, string Module) key) => (key.Side == LoraSide.UNet ? _unet : _textEncoder!).Layers[key.Module];

    private InvalidInputException Misfit()
    {
        if (ForeignLora.SaidBy(_shown, _file.Header.Metadata) is { } foreign)
        {
            return foreign;
        }

        foreach (var ((side, module), found) in _modules)
        {
            var layer = LayerOf((side, module));
            if (
                side == LoraSide.UNet
                && (module.EndsWith(".attn2.to_k", StringComparison.Ordinal) || module.EndsWith(".attn2.to_v", StringComparison.Ordinal))
                && found[LoraPart.Down] is { Shape: [_, var width, ..] }
                && width != layer.InFeatures
                && ForeignLora.FamilyOfWidth(width) is { } family
            )
            {
                return new InvalidInputException(
                    $"{_shown} is a LoRA for {family}, whose text states have {width} values; this base model's have {layer.InFeatures}.",
                    _shown,
                    "Use a LoRA that was made for this base model."
                );
            }
        }

        return new InvalidInputException(
            $"{_shown} doesn't fit this base model: {Wording.List(_problems.Distinct(), "; ", longest: LongestProblem)}.",
            _shown,
            "Use a LoRA that was made for this base model."
        );
    }

    private List<string> Warnings()
    {
        List<string> warnings = [];
        if (_textEncoderTensors > 0)
        {
            warnings.Add(
                $"{_shown} also adapts the text encoder ({_textEncoderTensors} tensors); that part is not applied, so pictures differ from those of tools "
                    + $"that apply it."
            );
        }

        if (_bundled.Count > 0)
        {
            warnings.Add(
                $"{_shown} also holds learned tokens ({Wording.List(_bundled)}), which are not read from there; take them from a file of their own, with "
                    + $"--embedding."
            );
        }

        return warnings;
    }
}
