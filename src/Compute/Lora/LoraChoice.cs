namespace OrleansOneShot.Compute.Lora;

/// <summary>A LoRA file and how strongly it acts.</summary>
/// <param name="Path">Absolute path of the file.</param>
/// <param name="Scale">1 for as trained, 0 for not at all.</param>
public sealed record LoraChoice(string Path, double Scale);
