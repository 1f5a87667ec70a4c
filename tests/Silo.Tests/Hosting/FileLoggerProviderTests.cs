using Microsoft.Extensions.Logging;
using OrleansOneShot.Silo.Hosting;

namespace OrleansOneShot.Silo.Tests.Hosting;

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
        Assert.EndsWith(
            " Warning Category Something" + Environment.NewLine,
            File.ReadAllText(Path.Combine(_folder.FullName, "silo-new.log")),
            StringComparison.Ordinal
        );
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

    [Fact]
    public void Log_MoreThanAFileHolds_MovesItAsideWhileItRuns()
    {
        var path = Path.Combine(_folder.FullName, "silo.log");
        using (var provider = new FileLoggerProvider(path, largestBytes: 1000))
        {
            var logger = provider.CreateLogger("Category");
            for (var i = 0; i < 200; i++)
            {
                logger.Log(LogLevel.Warning, default, i, null, (state, _) => $"line {state:000}");
            }
        }

        // The latest lines, in order and without a gap: the oldest ones went with the part after the third.
        string[] parts = [path + ".3", path + ".2", path + ".1", path];
        Assert.Equal(parts.Order(StringComparer.Ordinal), _folder.GetFiles().Select(file => file.FullName).Order(StringComparer.Ordinal));
        Assert.All(parts, part => Assert.InRange(new FileInfo(part).Length, 1, 1000));
        var lines = parts.SelectMany(File.ReadAllLines).Select(line => int.Parse(line[^3..], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(Enumerable.Range(200 - lines.Count, lines.Count), lines);
        Assert.InRange(lines.Count, 60, 199);
    }

    [Fact]
    public void Log_LineLongerThanAFile_StandsInOneOfItsOwn()
    {
        var path = Path.Combine(_folder.FullName, "silo.log");
        using (var provider = new FileLoggerProvider(path, largestBytes: 1000))
        {
            var logger = provider.CreateLogger("Category");
            logger.Log(LogLevel.Warning, default, "short", null, (state, _) => state);
            logger.Log(LogLevel.Warning, default, new string('x', 5000), null, (state, _) => state);
            logger.Log(LogLevel.Warning, default, "after", null, (state, _) => state);
        }

        Assert.EndsWith("short" + Environment.NewLine, File.ReadAllText(path + ".2"), StringComparison.Ordinal);
        Assert.EndsWith("xxxx" + Environment.NewLine, File.ReadAllText(path + ".1"), StringComparison.Ordinal);
        Assert.EndsWith("after" + Environment.NewLine, File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Log_FileThatCantBeMovedAside_LosesTheWritersNothing()
    {
        var path = Path.Combine(_folder.FullName, "silo.log");
        Directory.CreateDirectory(Path.Combine(path + ".1", "in the way"));
        using (var provider = new FileLoggerProvider(path, largestBytes: 100))
        {
            var logger = provider.CreateLogger("Category");
            for (var i = 0; i < 10; i++)
            {
                logger.Log(LogLevel.Warning, default, i, null, (state, _) => $"line {state}");
            }
        }

        Assert.Equal(10, File.ReadAllLines(path).Length);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
