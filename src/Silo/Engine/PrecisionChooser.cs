using System.Globalization;
using System.Text.Json;
using OrleansOneShot.Common;
using OrleansOneShot.Common.Systems;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;
using static TorchSharp.torch;

namespace OrleansOneShot.Silo.Engine;

/// <summary>
/// Decides <c>--precision auto</c>: measures once which of float32 and bfloat16 is faster for a model on this machine, says so, and remembers it, so that the
/// same command computes in the same precision every time. What was measured while others used the processors counts for that run alone, and is measured again
/// at the next.
/// </summary>
/// <param name="data">Where the choices are remembered.</param>
/// <param name="measure">Measures a model's UNet at a side of the latents on a device; null: <see cref="PrecisionProbe.Measure"/>.</param>
public sealed class PrecisionChooser(DataFolder data, Func<UNetConfig, int, string, PrecisionTimes>? measure = null)
{
    private const int MaximumBytes = 1 << 20;
    private static readonly Lock s_gate = new();

    /// <summary>The precision of a run.</summary>
    /// <param name="asked">What was asked for.</param>
    /// <param name="folder">The base model.</param>
    /// <param name="side">Side of the pictures in pixels.</param>
    /// <param name="deviceName">"cpu" or "cuda:N".</param>
    /// <param name="say">Told of the choice and its reason; may be null.</param>
    /// <returns>Float32 or bfloat16.</returns>
    public Precision Decide(Precision asked, ModelFolder folder, int side, string deviceName, Action<string>? say)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (asked != Precision.Auto)
        {
            return asked;
        }

        var latents = Math.Max(1, side / folder.Vae.Factor);
        var key = string.Create(
            CultureInfo.InvariantCulture,
            $"{string.Join('-', folder.UNet.BlockOutChannels)}@{latents}|{deviceName}|{Environment.ProcessorCount} processors|{Environment.MachineName}"
        );
        lock (s_gate)
        {
            var known = Load();
            if (!known.TryGetValue(key, out var times) || times.UnderLoad)
            {
                folder.RequireWeightsOfSize("unet"); // what is measured has the configuration's sizes
                var measured = measure?.Invoke(folder.UNet, latents, deviceName) ?? PrecisionProbe.Measure(folder.UNet, latents, device(deviceName));
                times = times is null || !measured.UnderLoad ? measured : measured.Better(times);
                known[key] = times;
                Save(known);
            }

            say?.Invoke(times.Description);
            return times.Choice;
        }
    }

    private string FileName => Path.Combine(data.Root, "precision.json");

    private Dictionary<string, PrecisionTimes> Load()
    {
        try
        {
            return StrictJson.Read<Dictionary<string, PrecisionTimes>>(StrictJson.ReadFile(FileName, MaximumBytes), JsonSerializerOptions.Default);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UnusableJsonException)
        {
            // Not measured yet, or damaged: measuring again costs a second.
            return [];
        }
    }

    private void Save(Dictionary<string, PrecisionTimes> known)
    {
        try
        {
            data.Create();
            var beside = $"{FileName}.{Environment.ProcessId}.partial";
            File.WriteAllText(beside, JsonSerializer.Serialize(known));
            FileReplacement.Move(beside, FileName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A data folder that can't be written to is no reason to fail here: the next run measures again.
        }
    }
}
