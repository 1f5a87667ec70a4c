using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansOneShot.Client;
using OrleansOneShot.Contracts.Jobs;

namespace OrleansOneShot.Chaos;

/// <summary>Looks at an ended job: one manifest, of the newest epoch, whose files are there; a log without gaps; the weights of an undisturbed run.</summary>
internal static class JobCheck
{
    /// <summary>The hash of the LoRA in a job's manifest.</summary>
    /// <param name="status">The job.</param>
    public static string LoraHash(ImplantationStatus status) => status.Files.Single(file => file.Path == status.Request.Name + ".safetensors").Sha256;

    /// <summary>Checks a job.</summary>
    /// <param name="handle">The job.</param>
    /// <param name="data">The folder of artifacts.</param>
    /// <param name="expected">The hash of the LoRA of an undisturbed run.</param>
    public static async Task<JobFindings> CheckAsync(ImplantationHandle handle, string data, string expected)
    {
        var violations = new List<string>();
        var status = await handle.GetStatusAsync();
        if (status.State != JobState.Succeeded)
        {
            return new JobFindings([$"{handle.Id} is {status.State}: {status.Error?.Message}"], status.Epoch - 1, 0, 0);
        }

        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(data, "jobs", handle.Id, "manifest.json")))!;
        if ((long)manifest["epoch"]! != status.Epoch)
        {
            violations.Add($"{handle.Id}: the manifest is of epoch {manifest["epoch"]}, the job of {status.Epoch}");
        }

        foreach (var file in manifest["files"]!.AsArray())
        {
            var stored = (string)file!["stored"]!;
            if (!stored.StartsWith($"epochs/{status.Epoch}/", StringComparison.Ordinal))
            {
                violations.Add($"{handle.Id}: {stored} is of another epoch than {status.Epoch}");
            }

            var path = Path.Combine(data, "jobs", handle.Id, stored);
            if (!File.Exists(path) || Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path))) != (string?)file["sha256"])
            {
                violations.Add($"{handle.Id}: {stored} is missing or another file than the manifest says");
            }
        }

        if (LoraHash(status) != expected)
        {
            violations.Add($"{handle.Id}: the LoRA of seed {status.Request.Seed} is {LoraHash(status)}, not {expected}");
        }

        var (next, furthest, repeated, gap, last) = (1L, 0, 0, 0.0, default(DateTimeOffset));
        await foreach (var progress in handle.WatchAsync())
        {
            if (progress.Sequence != next++)
            {
                violations.Add($"{handle.Id}: event {progress.Sequence} follows {next - 2}");
                next = progress.Sequence + 1;
            }

            if (progress is { Stage: JobState.Training, Losses: not null })
            {
                repeated += progress.Step <= furthest ? 1 : 0;
                gap = furthest > 0 ? Math.Max(gap, (progress.Time - last).TotalSeconds) : gap;
                (furthest, last) = (Math.Max(furthest, progress.Step), progress.Time);
            }
        }

        return new JobFindings(violations, status.Epoch - 1, repeated, gap);
    }
}
