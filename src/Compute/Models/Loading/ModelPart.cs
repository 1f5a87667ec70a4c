using System.Globalization;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>One part of a model folder.</summary>
/// <param name="Name">unet, vae, text_encoder or clip.</param>
/// <param name="Folder">Full path of its folder.</param>
/// <param name="Stem">Name of its weight files without endings.</param>
/// <param name="Rules">How its keys are read.</param>
/// <param name="Size">What its configuration describes.</param>
/// <param name="Build">Builds its module on the meta device.</param>
internal sealed record ModelPart(string Name, string Folder, string Stem, KeyRules Rules, WeightCount Size, Func<Module> Build)
{
    // A file that lacks some tensors is reported tensor by tensor; one of another order of magnitude is another model's.
    private const int Factor = 4;
    private const int FewTensors = 2000;
    private const int FewValues = 16_000_000;

    /// <summary>Builds the module on the meta device, if the files hold a model of about its size.</summary>
    /// <param name="source">The part's weights.</param>
    /// <exception cref="InvalidInputException">The configuration describes a much larger model than the files hold.</exception>
    public Module Create(WeightSource source)
    {
        RequireSize(source);
        return Build();
    }

    /// <summary>Compares the configuration with the headers of the files, before anything of its sizes is made.</summary>
    /// <param name="source">The part's weights.</param>
    /// <exception cref="InvalidInputException">The configuration describes a much larger model than the files hold.</exception>
    public void RequireSize(WeightSource source)
    {
        Int128 tensors = source.Entries.Count;
        Int128 values = source.Entries.Values.Aggregate(Int128.Zero, (sum, entry) => sum + entry.ElementCount);
        if (Size.Tensors > FewTensors + (Factor * tensors) || Size.Values > FewValues + (Factor * values))
        {
            throw new InvalidInputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Name}/config.json describes a model of {Size.Tensors:N0} tensors with {Size.Values:N0} values, but {source.Shown} holds {tensors:N0} "
                        + $"with {values:N0}."
                ),
                $"{Name}/config.json",
                "Take weights and configuration from the same model."
            );
        }
    }
}
