using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.State;

/// <summary>Data that earlier versions left, and what is asked of it.</summary>
internal static class EarlierData
{
    // Of the distance between two sets of weights to their size. The same machine gives the same bits; another processor rounds otherwise, and a job that went
    // on from another machine's checkpoint then differs a little. Another seed, or moments that were lost, differ a hundred times as much.
    private const double LargestDistance = 2e-3;

    // Token vectors begin where the prototype's search has ended, up to 300 steps of Adam that the earlier machine has done and the reference does again: of a
    // gradient that is all rounding, Adam makes steps of full size. 6e-3 was seen between two processors, while the LoRA differed by 1e-4.
    private const double LargestDistanceOfVectors = 2e-2;

    /// <summary>Unpacks an archive of <c>Data</c>.</summary>
    /// <param name="name">Its file name.</param>
    /// <param name="folder">A folder.</param>
    public static async Task UnpackAsync(string name, string folder)
    {
        await using var packed = File.OpenRead(Path.Combine(Repository.Root, "tests", "EndToEnd.Tests", "Data", name));
        await using var archive = new GZipStream(packed, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(archive, folder, overwriteFiles: false);
    }

    /// <summary>Asserts that a list shows jobs in their states.</summary>
    public static void AssertListed(JsonObject list, params (string Id, string[] States)[] expected)
    {
        var jobs = list["jobs"]!.AsArray().ToDictionary(job => (string)job!["id"]!, job => ((string)job!["state"]!).ToLowerInvariant());
        Assert.Equal(expected.Select(job => job.Id).Order(StringComparer.Ordinal), jobs.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, job => Assert.Contains(jobs[job.Id], job.States));
    }

    /// <summary>Asserts that a downloaded folder holds the files which its manifest names, with their hashes, and nothing else.</summary>
    public static async Task AssertWholeAsync(string folder)
    {
        var files = TestFolder.Hash(folder);
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "manifest.json")))!;
        Assert.True(files.Remove("manifest.json"));
        Assert.Equal(manifest["files"]!.AsArray().ToDictionary(file => (string)file!["path"]!, file => (string)file!["sha256"]!), files);
    }

    /// <summary>Asserts that two results come of the same request and hold the same weights.</summary>
    /// <param name="expected">One result's folder.</param>
    /// <param name="actual">The other's.</param>
    /// <param name="told">Fields of the training that the first one's request must tell and the other's left open.</param>
    public static async Task AssertSameAsync(string expected, string actual, params string[] told)
    {
        var (asked, request) = (await RequestOfAsync(expected), await RequestOfAsync(actual));
        Assert.All(told, field => Assert.True(asked["training"]!.AsObject().Remove(field), field));
        Assert.Equal(asked.ToJsonString(), request.ToJsonString());
        foreach (
            var name in Directory.EnumerateFiles(expected, "*.safetensors", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(expected, file))
        )
        {
            var (one, other) = (SafetensorsFile.ReadAll(Path.Combine(expected, name)), SafetensorsFile.ReadAll(Path.Combine(actual, name)));
            Assert.Equal(one.Keys.Order(StringComparer.Ordinal), other.Keys.Order(StringComparer.Ordinal));
            double distance = 0,
                size = 0;
            foreach (var tensor in one.Keys)
            {
                var (x, y) = (Values(one[tensor]), Values(other[tensor]));
                Assert.Equal(x.Length, y.Length);
                for (var i = 0; i < x.Length; i++)
                {
                    distance += Math.Pow(x[i] - y[i], 2);
                    size += Math.Pow(x[i], 2);
                }
            }

            var isVectors = name.StartsWith("learned_embeds", StringComparison.Ordinal);
            Assert.InRange(Math.Sqrt(distance / size), 0, isVectors ? LargestDistanceOfVectors : LargestDistance);
            TestContext.Current.SendDiagnosticMessage("{0}: distance {1:g3} of its size", name, Math.Sqrt(distance / size));
        }
    }

    private static async Task<JsonObject> RequestOfAsync(string folder) =>
        JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "request.json")))!.AsObject();

    private static float[] Values(TorchSharp.torch.Tensor tensor)
    {
        using (tensor)
        {
            using var plain = tensor.to_type(TorchSharp.torch.float32);
            return plain.data<float>().ToArray();
        }
    }
}
