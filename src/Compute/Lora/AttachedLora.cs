using OrleansOneShot.Compute.Models.Layers;

namespace OrleansOneShot.Compute.Lora;

/// <summary>A LoRA that is attached for as long as this lives.</summary>
public sealed class AttachedLora : IDisposable
{
    private readonly LoraNetwork _lora;

    /// <summary>Attaches a LoRA.</summary>
    /// <param name="lora">The LoRA.</param>
    /// <param name="layers">The UNet's adaptable layers by full name.</param>
    public AttachedLora(LoraNetwork lora, IReadOnlyDictionary<string, AdaptableLayer> layers)
    {
        _lora = lora ?? throw new ArgumentNullException(nameof(lora));
        lora.Attach(layers);
    }

    /// <inheritdoc/>
    public void Dispose() => _lora.Detach();
}
