using System.Globalization;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.FanOut;

/// <summary>Decides how many terms share a forward and backward pass.</summary>
internal static class MicroBatchChoice
{
    // Stable Diffusion 1.5 at 512 x 512 (bench/RESULTS.md): a term more takes 1.0 GiB in bfloat16 and 1.86 GiB in float32, which is 226 and 210 values for each
    // value of one layer a level (2,375,680). It has two layers a level.
    private const double ValuesAPoint = 230;

    // A DoRA keeps what each of its layers gives: so many values of a layer's width in each of the five blocks of a level.
    private const int Blocks = 5;
    private static readonly (LoraTargetModules Kind, int Values)[] s_keptByDora =
    [
        (LoraTargetModules.Self, 4),
        (LoraTargetModules.Cross, 2),
        (LoraTargetModules.FeedForward, 9),
        (LoraTargetModules.ProjectionIn, 1),
        (LoraTargetModules.ProjectionOut, 1),
        (LoraTargetModules.Convolutions, 3),
    ];

    // Weights not yet touched, the page cache and other processes need something too.
    private const double UsableShare = 0.9;

    /// <summary>Decides.</summary>
    /// <param name="terms">UNet terms of a step.</param>
    /// <param name="asked">Terms a pass that were asked for; null: as many as fit.</param>
    /// <param name="bytesOfTerm">Memory that a term takes until its backward pass is over.</param>
    /// <param name="room">Memory there is for them.</param>
    /// <returns>Terms a pass (<see cref="int.MaxValue"/>: all), and the reason when memory decided.</returns>
    public static (int MicroBatch, string? Reason) Decide(int terms, int? asked, long bytesOfTerm, long room)
    {
        if (asked is { } given)
        {
            return (given >= terms ? int.MaxValue : given, null);
        }

        if (terms <= 1 || bytesOfTerm <= 0 || room / bytesOfTerm >= terms)
        {
            return (int.MaxValue, null);
        }

        var fit = (int)Math.Max(1, room / bytesOfTerm);
        return (
            fit,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{terms} terms at once would take about {Gibibytes(terms * bytesOfTerm):0.0} GiB, and {Gibibytes(Math.Max(0, room)):0.0} GiB are free: "
                    + $"{fit} a pass (--micro-batch {fit})"
            )
        );
    }

    /// <summary>Memory that a term's activations take, by the UNet's widths.</summary>
    /// <param name="config">The UNet.</param>
    /// <param name="height">Height of the latents.</param>
    /// <param name="width">Width of the latents.</param>
    /// <param name="type">What the UNet computes in.</param>
    /// <param name="dora">Layers that carry a DoRA.</param>
    /// <returns>Bytes, within a tenth at Stable Diffusion's size.</returns>
    public static long BytesOfTerm(UNetConfig config, long height, long width, ScalarType type, LoraTargetModules dora = LoraTargetModules.None)
    {
        var values = ValuesAPoint + (Blocks * s_keptByDora.Where(kept => dora.HasFlag(kept.Kind)).Sum(kept => kept.Values));
        var points = 0.0;
        for (var level = 0; level < config.BlockOutChannels.Count; level++)
        {
            var layers = config.LayersPerBlock[Math.Min(level, config.LayersPerBlock.Count - 1)];
            points += (double)height * width * config.BlockOutChannels[level] * layers / 2;
            (height, width) = ((height + 1) / 2, (width + 1) / 2);
        }

        return (long)(points * values * (type == ScalarType.Float32 ? 4 : 2));
    }

    /// <summary>Memory that is left for activations.</summary>
    /// <param name="device">Where the UNet computes; a GPU's memory can't be asked for, so it counts as enough.</param>
    /// <param name="weightBytes">Bytes of the UNet's weights, which may not have been touched yet.</param>
    public static long Room(Device device, long weightBytes) =>
        device.type == TorchSharp.DeviceType.CPU
            ? (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * UsableShare) - Math.Max(Environment.WorkingSet, weightBytes)
            : long.MaxValue;

    private static double Gibibytes(long bytes) => bytes / (double)(1 << 30);
}
