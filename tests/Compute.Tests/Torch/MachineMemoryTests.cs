using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Compute.Tests.Torch;

public sealed class MachineMemoryTests : IDisposable
{
    private const long Mib = 1L << 20;

    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-machine-").FullName;

    [Fact]
    public void Capacity_NoGroup_IsTheMachines()
    {
        Write("proc/meminfo", "MemTotal:       16384 kB\nMemFree:        1024 kB");
        Assert.Equal(16 * Mib, MachineMemory.Capacity(_root));
    }

    [Theory]
    [InlineData("0::/pod/job", "sys/fs/cgroup/pod/job/memory.max")]
    [InlineData("0::/pod/job", "sys/fs/cgroup/pod/memory.max")]
    [InlineData("0::/", "sys/fs/cgroup/memory.max")]
    [InlineData("3:cpu:/\n0::/x", "sys/fs/cgroup/unified/x/memory.max")]
    [InlineData("4:memory:/pod", "sys/fs/cgroup/memory/pod/memory.limit_in_bytes")]
    // The host's path, which the container does not see.
    [InlineData("4:hugetlb,memory:/kubepods/x", "sys/fs/cgroup/memory/memory.limit_in_bytes")]
    public void Capacity_GroupWithALimit_IsTheLimit(string group, string file)
    {
        Write("proc/meminfo", "MemTotal:       16384 kB");
        Write("proc/self/cgroup", group);
        Write(file, "4194304");
        Assert.Equal(4 * Mib, MachineMemory.Capacity(_root));
    }

    [Theory]
    [InlineData("max")]
    [InlineData("9223372036854771712")]
    public void Capacity_GroupWithoutALimit_IsTheMachines(string limit)
    {
        Write("proc/meminfo", "MemTotal:       16384 kB");
        Write("proc/self/cgroup", "0::/pod");
        Write("sys/fs/cgroup/pod/memory.max", limit);
        Assert.Equal(16 * Mib, MachineMemory.Capacity(_root));
    }

    [Fact]
    public void Capacity_NestedLimits_IsTheLeast()
    {
        Write("proc/meminfo", "MemTotal:       16384 kB");
        Write("proc/self/cgroup", "0::/pod/job");
        Write("sys/fs/cgroup/pod/memory.max", "3145728");
        Write("sys/fs/cgroup/pod/job/memory.max", "8388608");
        Assert.Equal(3 * Mib, MachineMemory.Capacity(_root));
    }

    [Fact]
    public void Capacity_NothingToRead_IsWhatTheRuntimeBelieves() =>
        Assert.Equal(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, MachineMemory.Capacity(_root));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Write(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text + "\n");
    }
}
