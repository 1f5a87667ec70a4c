using System.Globalization;
using System.Text.Json;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Silo.Embedded;
using static TorchSharp.torch;

namespace OrleansOneShot.Silo.Engine;

/// <summary>
/// Decides <c>--precision auto</c>: measures once which of float32 and bfloat16 is faster for a model on this machine, says so, and remembers it, so that the same command computes in
/// the same precision every time.
/// </summary>
/// <param name="data">Where the choices are remembered.</param>
internal sealed class PrecisionChooser(DataFolder data)
{
    private static readonly Lock Gate = new();

    /// <summary>The precision of a run.</summary>
    /// <param name="options">Its options.</param>
    /// <param name="folder">The base model.</param>
    /// <param name="observer">Told of the choice when it was measured.</param>
    /// <returns>Float32 or bfloat16.</returns>
    public ComputePrecision Decide(ImplantationOptions options, ModelFolder folder, IImplantationObserver? observer)
    {
        if (options.Precision != ComputePrecision.Auto)
        {
            return options.Precision;
        }

        var side = options.Resolution / folder.Vae.Factor;
        var key = string.Create(
            CultureInfo.InvariantCulture, $"{string.Join('-', folder.UNet.BlockOutChannels)}@{side}|{options.Device}|{Environment.ProcessorCount} processors|{Environment.MachineName}");
        lock (Gate)
        {
            var known = Load();
            if (known.TryGetValue(key, out var remembered) && Enum.TryParse<ComputePrecision>(remembered, out var choice))
            {
                return choice;
            }

            var times = PrecisionProbe.Measure(folder.UNet, side, device(options.Device));
            known[key] = times.Choice.ToString();
            Save(known);
            observer?.Progress(ImplantationStage.Preparing, 0, 0, string.Create(
                CultureInfo.InvariantCulture,
                $"precision auto: {(times.Choice == ComputePrecision.Bf16 ? "bf16" : "fp32")} (measured: fp32 {times.Fp32Seconds * 1000:0.0} ms, bf16 {times.Bf16Seconds * 1000:0.0} ms)"));
            return times.Choice;
        }
    }

    private string FileName => Path.Combine(data.Root, "precision.json");

    private Dictionary<string, string> Load()
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(FileName)) ?? [];
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            // Not measured yet, or damaged: measuring again costs a second.
            return [];
        }
    }

    private void Save(Dictionary<string, string> known)
    {
        var beside = FileName + ".partial";
        File.WriteAllText(beside, JsonSerializer.Serialize(known));
        File.Move(beside, FileName, overwrite: true);
    }
}
