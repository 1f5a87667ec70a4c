using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>What the trained weights depend on, as one hash: a checkpoint is only taken up by a run of the same fingerprint.</summary>
internal static class Fingerprint
{
    /// <summary>The fingerprint of a run.</summary>
    /// <param name="inputs">Photo and masks.</param>
    /// <param name="options">Options; those of the samples, the previews and the files don't count.</param>
    /// <param name="modelHash">The base model's hash.</param>
    /// <param name="elementType">What the UNet computes in.</param>
    /// <returns>64 hexadecimal digits.</returns>
    public static string Of(ImplantationInputs inputs, ImplantationOptions options, string modelHash, string elementType)
    {
        var training = options with
        {
            Name = "",
            Prompts = [],
            SamplesPerPrompt = 0,
            Scheduler = "",
            SamplingSteps = 0,
            GuidanceScale = 0,
            PersonalizationGuidance = null,
            CheckpointEvery = 1,
            // Previews draw by numbers of their own, so they may be switched on or off between two starts of a run.
            PreviewEvery = null,
            Device = "",
        };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(training));
        hash.AppendData(Encoding.UTF8.GetBytes($"{modelHash}|{elementType}"));
        hash.AppendData(SHA256.HashData(inputs.Photo));
        foreach (var o in inputs.Objects)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{o.Class}|{o.Token}|"));
            hash.AppendData(SHA256.HashData(o.Mask));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>
    /// What machines that share a run must have in common: the fingerprint, which checkpoints of earlier versions carry as it is, and the model's
    /// configuration.
    /// </summary>
    /// <param name="fingerprint">The run's fingerprint.</param>
    /// <param name="configuration">The hash of the model's configuration.</param>
    /// <returns>Both.</returns>
    public static string WithConfiguration(string fingerprint, string configuration) => $"{fingerprint}.{configuration}";
}
