namespace OrleansOneShot.EndToEnd.Tests.Support;

/// <summary>The job of <see cref="ImplantArguments"/> from beginning to end in one process, run once for all tests that compare with it.</summary>
public sealed class UninterruptedRun : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly Lazy<Task<Ended>> _run;

    public UninterruptedRun() => _run = new(async () => (await OneShotProcess.RunAsync([.. ImplantArguments.Create(_folder), "--format", "json"])).Expect(0));

    /// <summary>The folder with its data and its result.</summary>
    internal async Task<TestFolder> FolderAsync()
    {
        await _run.Value;
        return _folder;
    }

    /// <summary>What it wrote.</summary>
    internal Task<Ended> EndedAsync() => _run.Value;

    /// <summary>
    /// Asserts that another run of the same job made the same files, byte by byte; the manifest, which tells when and in which epoch, is left out.
    /// </summary>
    internal async Task AssertSameFilesAsync(string result)
    {
        await _run.Value;
        var expected = TestFolder.Hash(_folder.Out);
        expected.Remove("manifest.json");
        var actual = TestFolder.Hash(result);
        actual.Remove("manifest.json");
        Assert.Contains("cat.safetensors", expected.Keys);
        Assert.Contains("pytorch_lora_weights.safetensors", expected.Keys);
        Assert.Contains("learned_embeds/oneshot-cat.safetensors", expected.Keys);
        Assert.Contains("README.md", expected.Keys);
        Assert.Contains("report.html", expected.Keys);
        Assert.Single(expected.Keys, path => path.StartsWith("samples/", StringComparison.Ordinal));
        Assert.Equal(expected, actual);
    }

    public void Dispose() => _folder.Dispose();
}
