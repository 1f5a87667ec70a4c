using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Safetensors;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation.Methods;

/// <summary>All weights of the UNet, in float32; the base model's lie beside them until the run is over.</summary>
internal sealed class UNetParts : ITrainedParts
{
    /// <summary>Name of the weights' group.</summary>
    public const string GroupName = "unet";

    private readonly IdentifierVectors _vectors;
    private readonly string _config;
    private readonly FlatParameters _weights;
    private readonly IReadOnlyList<(ParameterSlot Slot, Tensor Original)> _slots;

    /// <summary>Copies the base model's weights, to be trained.</summary>
    /// <param name="run">The run.</param>
    /// <param name="vectors">What the identifiers stand for; owned.</param>
    public UNetParts(MethodRun run, IdentifierVectors vectors)
    {
        using var scope = NewDisposeScope();
        var models = run.Models;
        _vectors = vectors;
        _config = Path.Combine(models.Folder.Path, ImplantationFiles.UNetFolder, ImplantationFiles.UNetConfig);
        var parameters = models.UNet.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        _slots = [.. ModuleWeights.SlotsOf(models.UNet).Select(slot => (slot, parameters[slot.Key].detach().DetachFromDisposeScope()))];
        _weights = new FlatParameters([.. _slots.Select(one => (one.Slot.Key, one.Slot.Shape))], models.Device);
        foreach (var (slot, original) in _slots)
        {
            _weights.Assign(slot.Key, original);
        }

        Groups = [new ParameterGroup(GroupName, _weights, run.Options.LearningRate)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <inheritdoc/>
    public Tensor Vectors => _vectors.Values;

    /// <inheritdoc/>
    public void Attach()
    {
        using var scope = NewDisposeScope();
        foreach (var (slot, _) in _slots)
        {
            // A second handle of the leaf itself, not a view of it: gradients go where the optimiser looks for them.
            ModuleWeights.Assign(slot, _weights[slot.Key].contiguous(), trains: true);
        }
    }

    /// <inheritdoc/>
    public void Detach()
    {
        using var scope = NewDisposeScope();
        foreach (var (slot, original) in _slots)
        {
            ModuleWeights.Assign(slot, original.detach());
        }
    }

    /// <inheritdoc/>
    public ILearnedChange Use()
    {
        Attach();
        return new Attachment(this);
    }

    /// <summary>Writes <c>unet/</c> as diffusers has it.</summary>
    /// <inheritdoc/>
    public void Write(string folder, ModelSpec spec)
    {
        var target = Directory.CreateDirectory(Path.Combine(folder, ImplantationFiles.UNetFolder)).FullName;
        File.Copy(_config, Path.Combine(target, ImplantationFiles.UNetConfig), overwrite: true);
        SafetensorsWriter.Write(
            Path.Combine(target, ImplantationFiles.UNetWeights),
            _weights.Names.ToDictionary(name => name, name => _weights[name].detach()),
            new Dictionary<string, string> { ["format"] = "pt" }
        );
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _vectors.Dispose();
        _weights.Dispose();
        foreach (var (_, original) in _slots)
        {
            original.Dispose();
        }
    }

    private sealed class Attachment(UNetParts parts) : ILearnedChange
    {
        public IDisposable Suspend()
        {
            parts.Detach();
            return new Detachment(parts);
        }

        public void Dispose() => parts.Detach();
    }

    private sealed class Detachment(UNetParts parts) : IDisposable
    {
        public void Dispose() => parts.Attach();
    }
}
