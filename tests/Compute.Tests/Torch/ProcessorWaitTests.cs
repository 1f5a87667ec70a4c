using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Compute.Tests.Torch;

public sealed class ProcessorWaitTests : IDisposable
{
    private readonly string _tasks = Directory.CreateTempSubdirectory("oneshot-tasks-").FullName;

    public void Dispose() => Directory.Delete(_tasks, recursive: true);

    [Fact]
    public void ShareSince_ThreadsThatWaited_IsWaitingOverRunning()
    {
        Write("1", "1000 100 5\n");
        Write("2", "3000 900 7\n");
        Directory.CreateDirectory(Path.Combine(_tasks, "3")); // has ended meanwhile
        var before = ProcessorWait.Read(_tasks);
        Assert.Equal(new ProcessorWait(4000, 1000), before);
        Write("1", "2000 100 6\n");
        Write("2", "4000 1900 9\n");

        Assert.Equal(0.5, ProcessorWait.Read(_tasks).ShareSince(before));
    }

    [Fact]
    public void ShareSince_NothingKnown_IsNone() =>
        Assert.Equal(0, ProcessorWait.Read(Path.Combine(_tasks, "none")).ShareSince(ProcessorWait.Read(Path.Combine(_tasks, "none"))));

    private void Write(string thread, string text)
    {
        Directory.CreateDirectory(Path.Combine(_tasks, thread));
        File.WriteAllText(Path.Combine(_tasks, thread, "schedstat"), text);
    }
}
