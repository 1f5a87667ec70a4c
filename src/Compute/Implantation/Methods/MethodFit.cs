using System.Globalization;
using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation.Methods;

/// <summary>Whether a method fits a machine: known from configurations, before any weight is loaded.</summary>
public static class MethodFit
{
    // The base model's weights, those that train, gradients, and AdamW's two moments: all float32.
    private const int ValuesAWeight = 5;

    // What libtorch, the VAE and the text encoder take besides.
    private const double UsableShare = 0.9;

    /// <summary>Checks the memory that DreamBooth takes; the other methods train little.</summary>
    /// <param name="folder">The base model.</param>
    /// <param name="method">The method.</param>
    /// <param name="resolution">Side of the training crop in pixels.</param>
    /// <param name="device">"cpu" or "cuda:N".</param>
    /// <param name="memory">Bytes there are; null: what the device says, and enough where it doesn't.</param>
    /// <exception cref="InvalidInputException">They are too few; the message has the figures.</exception>
    public static void Require(ModelFolder folder, TrainingMethod method, int resolution, string device, long? memory = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (method != TrainingMethod.Dreambooth)
        {
            return;
        }

        var side = Math.Max(1, resolution / folder.Vae.Factor);
        // The photo's term and the class picture's.
        var activations = 2 * MicroBatchChoice.BytesOfTerm(folder.UNet, side, side, ScalarType.Float32);
        var weights = (double)WeightCounts.Of(folder.UNet).Values;
        var needed = (weights * ValuesAWeight * sizeof(float)) + activations;
        if ((memory ?? Memory(device)) is { } there && needed > there * UsableShare)
        {
            throw new InvalidInputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"DreamBooth trains all {weights / 1e6:0} million weights of the UNet of {folder.Name}, which takes about {needed / (1 << 30):0.0} GiB; "
                        + $"{device} has {there / (double)(1 << 30):0.0} GiB."
                ),
                "method",
                "Use --method lora or ours, a smaller --resolution, or a device with more memory."
            );
        }
    }

    private static long? Memory(string device) => TorchDevices.IndexOf(device) is { } index ? CudaMemory.Read(index)?.Free : MachineMemory.Capacity();
}
