namespace OrleansOneShot.Compute.Lora;

/// <summary>A LoRA that was read from a file.</summary>
/// <param name="Network">The LoRA; the caller disposes of it.</param>
/// <param name="Form">How the file names its tensors.</param>
/// <param name="Metadata">The header's metadata.</param>
/// <param name="Warnings">What the file holds that is not used, in sentences for people.</param>
public sealed record LoadedLora(LoraNetwork Network, LoraFileForm Form, IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<string> Warnings);
