namespace OrleansOneShot.Compute.Torch;

/// <summary>Folders of the control groups (containers, systemd units) that this process is in, of version 1 and 2.</summary>
internal static class ControlGroups
{
    private const string Mount = "sys/fs/cgroup";

    /// <summary>The folders in which limits of a controller may be: those of the groups, and of the groups that these are in, outermost first.</summary>
    /// <param name="root">The system's root folder.</param>
    /// <param name="controller">The controller's name, such as <c>memory</c> or <c>cpu</c>.</param>
    /// <returns>Each folder, which need not exist, and whether its files are those of version 2.</returns>
    public static IEnumerable<(string Folder, bool IsSecond)> Of(string root, string controller)
    {
        foreach (var line in Lines(Path.Combine(root, "proc/self/cgroup")))
        {
            // "0::/a/b" of version 2, "4:memory,other:/a/b" of version 1.
            if (line.Split(':', 3) is not [_, var controllers, var group])
            {
                continue;
            }

            var isSecond = controllers.Length == 0;
            if (!isSecond && !controllers.Split(',').Contains(controller))
            {
                continue;
            }

            string[] mounts = isSecond ? [Mount, $"{Mount}/unified"] : [.. new[] { $"{Mount}/{controller}", $"{Mount}/{controllers}" }.Distinct()];
            foreach (var mount in mounts)
            {
                foreach (var folder in Nested(Path.Combine(root, mount), group))
                {
                    yield return (folder, isSecond);
                }
            }
        }
    }

    /// <summary>The lines of a small file of the kernel; none if it can't be read.</summary>
    /// <param name="file">The file.</param>
    public static string[] Lines(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllLines(file) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>A group and those that it is in. Inside a container the path may be the host's: then there is only the mount itself.</summary>
    private static IEnumerable<string> Nested(string mount, string group)
    {
        var folder = mount;
        foreach (var part in group.Split('/', StringSplitOptions.RemoveEmptyEntries).Prepend(""))
        {
            folder = Path.Combine(folder, part);
            yield return folder;
        }
    }
}
