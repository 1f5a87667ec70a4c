using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Safetensors;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation.Methods;

/// <summary>What a method trains, in one run.</summary>
internal interface ITrainedParts : IDisposable
{
    /// <summary>All that trains, in the order in which it crosses between machines and stands in checkpoints.</summary>
    IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>What the objects' identifiers stand for, (rows, d): a parameter, or constants.</summary>
    Tensor Vectors { get; }

    /// <summary>Lets the model compute with what trains.</summary>
    void Attach();

    /// <summary>Gives the base model back as it was, bit for bit.</summary>
    void Detach();

    /// <summary>Lets the model draw with what was trained, as fast as it can, for as long as the result lives; null: nothing in the UNet was trained.</summary>
    ILearnedChange? Use();

    /// <summary>Writes what goes into the UNet; the vectors' files are everybody's.</summary>
    /// <param name="folder">The result's folder.</param>
    /// <param name="spec">What the files say about themselves.</param>
    void Write(string folder, ModelSpec spec);
}
