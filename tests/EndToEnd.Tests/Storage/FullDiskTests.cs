using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Storage;

/// <summary>A disk that has room for a job's work, but not for its result.</summary>
public sealed class FullDiskTests(UninterruptedRun reference) : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Implant_DiskFullWhilePublishing_EndsWith1AndPublishesNothing()
    {
        var result = Directory.EnumerateFiles((await reference.FolderAsync()).Out, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);

        // The engine writes the result once into its work folder; publishing copies it. So one and a half times its size are enough for the first, and too few
        // for the second.
        var error = await FailAsync(line => line == "Sampling", result * 3 / 2);

        Assert.StartsWith($"The disk that holds {Data} is full: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Implant_DiskFullWhileTraining_EndsWith1AndPublishesNothing()
    {
        // Room for the log and for the job's state, but not for the first checkpoint.
        var error = await FailAsync(line => line.StartsWith("Training step 1/", StringComparison.Ordinal), 200_000);

        Assert.Contains("No space left on device", error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Data => Path.Combine(_folder["disk"], "data");

    private async Task<string> FailAsync(Func<string, bool> moment, long free)
    {
        await PrivateMounts.RequireAsync(_folder.Root);
        Directory.CreateDirectory(_folder["disk"]);
        var script =
            $"mount -t tmpfs -o size=64m tmpfs '{_folder["disk"]}' && \"$@\"; code=$?; find '{Data}/jobs' -type f > '{_folder["left.txt"]}'; exit $code";
        await using var process = OneShotProcess.StartIn(
            PrivateMounts.Shell(script),
            [.. ImplantArguments.Create(Data), "--out", _folder.Out, "--format", "json"]
        );
        await process.SaysAsync(moment);
        Fill($"/proc/{process.Id}/root{Data}", free);

        var ended = (await process.EndAsync()).Expect(1);

        var error = ended.Document["error"]!;
        Assert.Equal("failed", (string?)error["code"]);
        Assert.DoesNotContain("   at ", ended.Error, StringComparison.Ordinal);
        Assert.False(Path.Exists(_folder.Out));
        Assert.Empty(Directory.EnumerateDirectories(_folder.Root, "out.part-*"));
        var left = await File.ReadAllLinesAsync(_folder["left.txt"]);
        Assert.Contains(left, file => file.EndsWith("progress.jsonl", StringComparison.Ordinal));
        Assert.DoesNotContain(left, file => file.EndsWith("manifest.json", StringComparison.Ordinal) || file.Contains("/result/", StringComparison.Ordinal));
        return (string)error["message"]!;
    }

    /// <summary>Takes a small disk's room, but for some bytes; what the engine has already written to its work folder counts as part of them.</summary>
    private static void Fill(string data, long free)
    {
        var written = Directory.EnumerateFiles(Path.Combine(data, "work"), "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        var ballast = new DriveInfo(data).AvailableFreeSpace - free + written;
        using var file = File.Create(Path.Combine(data, "ballast"));
        var zeros = new byte[1 << 16];
        for (; ballast > 0; ballast -= zeros.Length)
        {
            file.Write(zeros, 0, (int)Math.Min(zeros.Length, ballast));
        }
    }
}
