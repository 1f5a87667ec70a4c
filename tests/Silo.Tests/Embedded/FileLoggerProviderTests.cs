using Microsoft.Extensions.Logging;
using OrleansOneShot.Silo.Embedded;

namespace OrleansOneShot.Silo.Tests.Embedded;

public sealed class FileLoggerProviderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-logs-");

    [Fact]
    public void Create_ManyOldLogs_KeepsTheLatest()
    {
        for (var i = 0; i < 60; i++)
        {
            var path = Path.Combine(_folder.FullName, $"silo-{i:00}.log");
            File.WriteAllText(path, "old");
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddDays(i));
        }

        File.WriteAllText(Path.Combine(_folder.FullName, "else.txt"), "not ours");
        using (var provider = new FileLoggerProvider(Path.Combine(_folder.FullName, "silo-new.log")))
        {
            provider.CreateLogger("Category").Log(LogLevel.Warning, default, "Something", null, (state, _) => state);
        }

        var left = _folder.GetFiles().Select(file => file.Name).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(["else.txt", .. Enumerable.Range(10, 50).Select(i => $"silo-{i:00}.log"), "silo-new.log"], left);
        Assert.EndsWith(" Warning Category Something" + Environment.NewLine, File.ReadAllText(Path.Combine(_folder.FullName, "silo-new.log")), StringComparison.Ordinal);
    }

    [Fact]
    public void Create_OldLogThatASiloStillWrites_KeepsIt()
    {
        var path = Path.Combine(_folder.FullName, "silo-quiet.log");
        using var quiet = new FileLoggerProvider(path);
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        for (var i = 0; i < 60; i++)
        {
            File.WriteAllText(Path.Combine(_folder.FullName, $"silo-{i:00}.log"), "newer");
        }

        using var provider = new FileLoggerProvider(Path.Combine(_folder.FullName, "silo-new.log"));

        Assert.True(File.Exists(path));
        Assert.Equal(52, _folder.GetFiles().Length);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
