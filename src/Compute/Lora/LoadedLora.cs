using OrleansOneShot.Compute.Models.Layers;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>A LoRA that was read from a file, in whatever form the file has it. Its values stay in the file until they are used.</summary>
public sealed class LoadedLora : IDisposable
{
    private readonly IReadOnlyDictionary<string, AdaptableLayer> _layers;

    internal LoadedLora(
        string source,
        IReadOnlyDictionary<string, AdaptableLayer> layers,
        IReadOnlyList<LoraChange> unet,
        IReadOnlyList<LoraChange> textEncoder,
        LoraFileForm form,
        IReadOnlyDictionary<string, string> metadata,
        IReadOnlyList<string> warnings
    )
    {
        Source = source;
        _layers = layers;
        UNet = unet;
        TextEncoder = textEncoder;
        Form = form;
        Metadata = metadata;
        Warnings = warnings;
    }

    /// <summary>The file's name.</summary>
    public string Source { get; }

    /// <summary>How the file names its tensors.</summary>
    public LoraFileForm Form { get; }

    /// <summary>The header's metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>What the file holds that is not used, in sentences for people.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>The changed layers of the UNet, in its order.</summary>
    internal IReadOnlyList<LoraChange> UNet { get; }

    /// <summary>The changed layers of the text encoder, in its order.</summary>
    internal IReadOnlyList<LoraChange> TextEncoder { get; }

    /// <summary>The UNet's part as a LoRA that can be attached and trained.</summary>
    /// <param name="device">Where the parameters live; null is the CPU.</param>
    /// <returns>Each module with its own rank and alpha; the caller disposes of it.</returns>
    /// <exception cref="InvalidInputException">A change is of another form than a low-rank product.</exception>
    public LoraNetwork ToNetwork(Device? device = null)
    {
        if (UNet.FirstOrDefault(change => change.LowRank is null || change.Bias is not null) is { } other)
        {
            throw new InvalidInputException(
                $"{Source} changes {other.Module} in another form than a plain LoRA's, which can't be trained further.",
                Source,
                "It can be drawn with."
            );
        }

        var network = LoraNetwork.Blank(
            [
                .. UNet.Select(change => new LoraModuleShape(
                    change.Module,
                    _layers[change.Module].InFeatures,
                    _layers[change.Module].OutFeatures,
                    change.LowRank!.Rank,
                    change.LowRank.Scale * change.LowRank.Rank,
                    _layers[change.Module].Kernel
                )),
            ],
            device
        );
        foreach (var change in UNet)
        {
            using var scope = NewDisposeScope();
            var (a, b) = change.LowRank!.Pair(_layers[change.Module].weight.shape, CPU);
            network.Parameters.Assign(LoraNetwork.NameOfA(change.Module), a);
            network.Parameters.Assign(LoraNetwork.NameOfB(change.Module), b);
        }

        return network;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var change in UNet.Concat(TextEncoder))
        {
            change.Dispose();
        }
    }
}
