using System.Globalization;

namespace OrleansOneShot.Chaos;

/// <summary>
/// A silo's disk: a file system in memory that takes no more than what lies on it, and can be full at any time, since its size can be changed.
/// </summary>
/// <param name="folder">Where it is mounted.</param>
internal sealed class SiloDisk(string folder)
{
    private const string Size = "8g"; // what is not written takes nothing

    /// <summary>Whether such disks can be made here.</summary>
    /// <param name="folder">An own folder.</param>
    /// <returns>Why not; null: they can.</returns>
    public static async Task<string?> ProbeAsync(string folder)
    {
        if (!ChaosNetwork.HasRoom)
        {
            return "no mounts of its own: start it by tests/Chaos/run, where unshare is allowed";
        }

        var probe = Directory.CreateDirectory(Path.Combine(folder, "probe")).FullName;
        return await Tool.TryAsync("mount", "-t", "tmpfs", "-o", $"size={Size}", "tmpfs", probe) ?? await Tool.TryAsync("umount", probe);
    }

    /// <summary>Mounts it, empty.</summary>
    public Task MountAsync() => Tool.RunAsync("mount", "-t", "tmpfs", "-o", $"size={Size}", "tmpfs", folder);

    /// <summary>Takes it away with all that lies on it, also if somebody still holds it.</summary>
    public Task UnmountAsync() => Tool.TryAsync("umount", "-l", folder);

    /// <summary>Leaves not a page free.</summary>
    public async Task FillAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            var disk = new DriveInfo(folder);
            var used = disk.TotalSize - disk.TotalFreeSpace;

            // Refused where something was written since; then a little more stays free.
            var size = string.Create(CultureInfo.InvariantCulture, $"remount,size={used + ((attempt - 1) * 64 * 1024)}");
            if (await Tool.TryAsync("mount", "-o", size, folder) is not { } complaint)
            {
                return;
            }

            if (attempt == 20)
            {
                throw new InvalidOperationException(complaint);
            }
        }
    }

    /// <summary>Gives all space back.</summary>
    public Task FreeAsync() => Tool.RunAsync("mount", "-o", $"remount,size={Size}", folder);
}
