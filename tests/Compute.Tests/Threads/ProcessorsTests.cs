using OrleansOneShot.Compute.Threads;

namespace OrleansOneShot.Compute.Tests.Threads;

public sealed class ProcessorsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-processors-").FullName;

    [Theory]
    [InlineData("0-3", 4)]
    [InlineData("1,3", 2)]
    [InlineData("0-1,4,6-7", 5)]
    public void Read_Affinity_IsCounted(string list, int count)
    {
        Write("proc/self/status", $"Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t{list}");
        var processors = Processors.Read(_root);
        Assert.Equal(count, processors.Allowed.Count);
        Assert.Null(processors.Quota);
        Assert.Equal(count, processors.Threads);
    }

    [Theory]
    [InlineData("")]
    [InlineData("3-1")]
    [InlineData("0-99999999")]
    [InlineData("all")]
    public void Read_AffinityThatSaysNothing_IsWhatTheRuntimeBelieves(string list)
    {
        Write("proc/self/status", $"Cpus_allowed_list:\t{list}");
        Assert.Equal(Environment.ProcessorCount, Processors.Read(_root).Allowed.Count);
    }

    [Theory]
    [InlineData("0::/pod/job", "sys/fs/cgroup/pod/job/cpu.max", "50000 100000", 0.5, 1)]
    [InlineData("0::/pod/job", "sys/fs/cgroup/pod/cpu.max", "150000 100000", 1.5, 2)]
    [InlineData("0::/", "sys/fs/cgroup/cpu.max", "240000 100000", 2.4, 2)]
    [InlineData("0::/", "sys/fs/cgroup/cpu.max", "6400000 100000", 64, 8)]
    [InlineData("3:cpuset:/\n0::/x", "sys/fs/cgroup/unified/x/cpu.max", "25000 50000", 0.5, 1)]
    public void Read_QuotaOfVersionTwo_BoundsTheThreads(string group, string file, string text, double quota, int threads)
    {
        Write("proc/self/status", "Cpus_allowed_list:\t0-7");
        Write("proc/self/cgroup", group);
        Write(file, text);
        var processors = Processors.Read(_root);
        Assert.Equal(quota, processors.Quota);
        Assert.Equal(threads, processors.Threads);
    }

    [Theory]
    [InlineData("1:cpu:/half", "sys/fs/cgroup/cpu/half", "50000", 0.5)]
    [InlineData("4:cpu,cpuacct:/pod", "sys/fs/cgroup/cpu,cpuacct/pod", "300000", 3.0)]
    // The host's path, which the container does not see.
    [InlineData("4:cpu,cpuacct:/kubepods/x", "sys/fs/cgroup/cpu", "200000", 2.0)]
    [InlineData("1:cpu:/half", "sys/fs/cgroup/cpu/half", "-1", null)]
    public void Read_QuotaOfVersionOne_BoundsTheThreads(string group, string folder, string text, double? quota)
    {
        Write("proc/self/status", "Cpus_allowed_list:\t0-7");
        Write("proc/self/cgroup", group);
        Write($"{folder}/cpu.cfs_quota_us", text);
        Write($"{folder}/cpu.cfs_period_us", "100000");
        Assert.Equal(quota, Processors.Read(_root).Quota);
    }

    [Theory]
    [InlineData("max 100000")]
    [InlineData("0 0")]
    [InlineData("50000")]
    [InlineData("half a core")]
    public void Read_NoQuota_IsAllProcessors(string text)
    {
        Write("proc/self/status", "Cpus_allowed_list:\t0-7");
        Write("proc/self/cgroup", "0::/pod");
        Write("sys/fs/cgroup/pod/cpu.max", text);
        Assert.Equal(8, Processors.Read(_root).Threads);
    }

    [Fact]
    public void Read_NestedQuotas_IsTheLeast()
    {
        Write("proc/self/status", "Cpus_allowed_list:\t0-7");
        Write("proc/self/cgroup", "0::/pod/job");
        Write("sys/fs/cgroup/pod/cpu.max", "200000 100000");
        Write("sys/fs/cgroup/pod/job/cpu.max", "400000 100000");
        Assert.Equal(2, Processors.Read(_root).Quota);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Write(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text + "\n");
    }
}
