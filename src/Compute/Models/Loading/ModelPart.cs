using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>One part of a model folder.</summary>
/// <param name="Name">unet, vae, text_encoder or clip.</param>
/// <param name="Folder">Full path of its folder.</param>
/// <param name="Stem">Name of its weight files without endings.</param>
/// <param name="Rules">How its keys are read.</param>
/// <param name="Create">Builds its module on the meta device.</param>
internal sealed record ModelPart(string Name, string Folder, string Stem, KeyRules Rules, Func<Module> Create);
