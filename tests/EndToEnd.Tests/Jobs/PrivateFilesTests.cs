using System.Runtime.Versioning;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Jobs;

/// <summary>
/// Photos are private: whatever lies in a data folder is its owner's alone. What a user asks to be put somewhere follows the user's own mask.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class PrivateFilesTests : IDisposable
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite
        | UnixFileMode.OtherExecute;

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Implant_IntoAnExistingOpenFolder_CreatesAllForItsOwnerAlone_AndTheResultWithTheUsersMask()
    {
        // As an earlier version left them.
        Directory.CreateDirectory(Path.Combine(_folder.Data, "jobs", "old"));
        await File.WriteAllTextAsync(Path.Combine(_folder.Data, "models.json"), "{}", TestContext.Current.CancellationToken);
        foreach (var path in new[] { _folder.Data, Path.Combine(_folder.Data, "jobs"), Path.Combine(_folder.Data, "jobs", "old") })
        {
            File.SetUnixFileMode(path, Mode("755"));
        }

        await using var process = OneShotProcess.StartIn(
            ["sh", "-c", "umask 027; exec \"$@\""],
            [.. ImplantArguments.Create(_folder.Data, steps: 12), "--out", _folder["new/out"]]
        );
        await process.TrainsAsync(11);
        var working = Entries(_folder.Data).ToList();
        (await process.EndAsync()).Expect(0);

        // The folder itself, and what lies in one that is closed, are as they were.
        string[] old = [Path.Combine(_folder.Data, "jobs", "old")];
        Assert.Contains(working, entry => entry.Path.Contains("work/", StringComparison.Ordinal));
        Assert.Contains(working, entry => entry.Path.EndsWith("owner.json", StringComparison.Ordinal));
        Assert.Contains(working, entry => entry.Path.EndsWith("oneshot.db-wal", StringComparison.Ordinal));
        Assert.DoesNotContain(working.Concat(Entries(_folder.Data)), entry => (entry.Mode & Others) != 0 && !old.Contains(entry.Path));
        Assert.Equal(Mode("755"), File.GetUnixFileMode(_folder.Data));
        Assert.Equal(Mode("700"), File.GetUnixFileMode(Path.Combine(_folder.Data, "jobs")));
        Assert.All(Entries(_folder["new"]), entry => Assert.Equal(Directory.Exists(entry.Path) ? Mode("750") : Mode("640"), entry.Mode));
        Assert.Equal(Mode("750"), File.GetUnixFileMode(_folder["new"]));
    }

    public void Dispose() => _folder.Dispose();

    private static UnixFileMode Mode(string octal) => (UnixFileMode)Convert.ToInt32(octal, 8);

    // Files of a job come and go.
    private static IEnumerable<(string Path, UnixFileMode Mode)> Entries(string root)
    {
        foreach (var path in Directory.GetFileSystemEntries(root, "*", SearchOption.AllDirectories))
        {
            UnixFileMode mode;
            try
            {
                mode = File.GetUnixFileMode(path);
            }
            catch (IOException)
            {
                continue;
            }

            yield return (path, mode);
        }
    }
}
