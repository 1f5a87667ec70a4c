using System.Runtime.InteropServices;
using OrleansOneShot.Common;
using TorchSharp;

namespace OrleansOneShot.Compute.Libtorch;

/// <summary>
/// Loads libtorch: the program's own, or that of <see cref="LibtorchFolder.Variable"/>. LibTorchSharp, the bridge to it, stays the program's own; the system's
/// loader gives it the libraries that are in the process already, whatever lies beside it.
/// </summary>
internal static class LibtorchLoader
{
    private const int MostMissing = 64;

    // In the order in which they need each other; those of CUDA are there or not.
    private static readonly (string Name, bool Optional)[] s_libraries =
    [
        ("libtorch_global_deps.so", true),
        ("libc10.so", false),
        (LibtorchFolder.Main, false),
        ("libc10_cuda.so", true),
        (LibtorchFolder.Cuda, true),
        ("libtorch.so", false),
    ];

    /// <summary>Loads it.</summary>
    /// <returns>Where it is.</returns>
    /// <exception cref="LibtorchException">There is none, or it can't be used.</exception>
    public static LibtorchFolder Load()
    {
        if (Environment.GetEnvironmentVariable(LibtorchFolder.Variable) is { Length: > 0 } named)
        {
            var folder = LibtorchFolder.Open(named, Environment.GetEnvironmentVariable(LibtorchFolder.UntestedVariable)?.Trim() is "1" or "true");
            LoadFrom(folder);
            return folder;
        }

        var own = Own();
        torch.InitializeDeviceType(DeviceType.CPU);
        return new LibtorchFolder(own, $"{torch.__version__}", File.Exists(Path.Combine(own, LibtorchFiles.Current.Cuda)));
    }

    /// <summary>Folders in which the program's own libraries are looked for.</summary>
    private static IEnumerable<string> OwnFolders() => SearchFolders().Append(AppContext.BaseDirectory).Select(Path.TrimEndingDirectorySeparator).Distinct();

    /// <summary>The runtime's own list, each with the separator that it puts before a file's name.</summary>
    private static string[] SearchFolders() =>
        ((AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string) ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    // TorchSharp would write a page to stdout, of packages that a user of the program has nothing to do with.
    private static string Own()
    {
        var files = LibtorchFiles.Current;
        if (OwnFolders().FirstOrDefault(folder => File.Exists(Path.Combine(folder, files.Main))) is { } own)
        {
            RequireLoadable([Path.Combine(own, files.Main), .. OwnFolders().Select(folder => Path.Combine(folder, files.Bridge)).Where(File.Exists).Take(1)]);
            return own;
        }

        // LD_LIBRARY_PATH, PATH, or the system's own folders.
        if (NativeLibrary.TryLoad(files.Main, out _))
        {
            return "the system's libraries";
        }

        throw new LibtorchException(
            $"This copy of the program comes without libtorch{(OperatingSystem.IsLinux() ? $", and {LibtorchFolder.Variable} names none" : "")}.",
            files.Missing
        );
    }

    private static void RequireLoadable(IEnumerable<string> files)
    {
        if (!OperatingSystem.IsLinux())
        {
            RequireLoadableElsewhere(files);
            return;
        }

        DynamicLoader loader;
        try
        {
            loader = new DynamicLoader();
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return; // another C library: TorchSharp says what it can't do
        }

        foreach (var file in files)
        {
            if (loader.Open(file, DynamicLoader.Lazy) is { } why)
            {
                throw new LibtorchException($"The program's own {Path.GetFileName(file)} can't be loaded: {why}.", LibtorchFiles.Current.Broken);
            }
        }
    }

    // .NET's own loader: it looks for what a library needs beside that library.
    private static void RequireLoadableElsewhere(IEnumerable<string> files)
    {
        foreach (var file in files)
        {
            try
            {
                _ = NativeLibrary.Load(file);
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                throw new LibtorchException(
                    $"The program's own {Path.GetFileName(file)} can't be loaded: {e.Message.TrimEnd('.')}.",
                    LibtorchFiles.Current.Broken
                );
            }
        }
    }

    private static void LoadFrom(LibtorchFolder folder)
    {
        var loader = new DynamicLoader();
        foreach (var (name, optional) in s_libraries)
        {
            var file = Path.Combine(folder.Path, name);
            if (!optional || File.Exists(file))
            {
                LoadWithNeeds(loader, folder, file, DynamicLoader.Lazy | DynamicLoader.Global);
            }
        }

        // TorchSharp opens the program's own libtorch by its path when it is first used. Beside this one it would end the process.
        var main = Path.Combine(folder.Path, LibtorchFolder.Main);
        if (SearchFolders().Select(own => own + LibtorchFolder.Main).FirstOrDefault(File.Exists) is { } ownMain && !loader.StandIn(main, ownMain))
        {
            throw LibtorchFolder.Refused(
                LibtorchFolder.Source,
                $"{folder.Path}, which this system's loader can't use instead of the program's own",
                "Build the program without libtorch: dotnet build -p:TorchBackend=none."
            );
        }

        var bridge =
            OwnFolders().Select(own => Path.Combine(own, LibtorchFiles.Linux.Bridge)).FirstOrDefault(File.Exists)
            ?? throw new LibtorchException($"This copy of the program comes without {LibtorchFiles.Linux.Bridge}.", "Install it again.");
        if (loader.Open(bridge, DynamicLoader.Now) is { } why)
        {
            throw why.Contains("undefined symbol", StringComparison.Ordinal)
                ? LibtorchFolder.Refused(
                    LibtorchFolder.Source,
                    $"{folder.Path}, which lacks functions that this program calls: it is of another version than "
                        + $"{Wording.List(LibtorchFolder.Versions, " or ")}",
                    "Name the folder of such a PyTorch."
                )
                : LibtorchFolder.Refused(
                    LibtorchFolder.Source,
                    $"{folder.Path}, and the program can't be bound to it: {why}",
                    "Name the folder of another PyTorch."
                );
        }
    }

    /// <summary>Loads a library; what it does not find by itself is looked for where PyTorch's packages put it, as PyTorch does.</summary>
    private static void LoadWithNeeds(DynamicLoader loader, LibtorchFolder folder, string file, int flags)
    {
        var tried = new HashSet<string>();
        for (var why = loader.Open(file, flags); why is not null; why = loader.Open(file, flags))
        {
            if (MissingIn(why) is not { } missing)
            {
                throw LibtorchFolder.Refused(
                    LibtorchFolder.Source,
                    $"{folder.Path}, whose {Path.GetFileName(file)} can't be loaded: {why}",
                    "Install that PyTorch again, or name another one."
                );
            }

            var found =
                tried.Count < MostMissing && tried.Add(missing)
                    ? Beside(folder.Path).Select(place => Path.Combine(place, missing)).FirstOrDefault(File.Exists)
                    : null;
            if (found is null)
            {
                throw LibtorchFolder.Refused(
                    LibtorchFolder.Source,
                    $"{folder.Path}, whose {Path.GetFileName(file)} needs {missing}, which is neither there nor among the system's libraries",
                    "Name the folder where PyTorch is installed with all that it needs (its packages nvidia-*, for a GPU), or add that library's folder to "
                        + "LD_LIBRARY_PATH."
                );
            }

            LoadWithNeeds(loader, folder, found, flags);
        }
    }

    /// <summary>"libx.so.1: cannot open shared object file: No such file or directory".</summary>
    private static string? MissingIn(string why) =>
        why.IndexOf(": cannot open shared object file", StringComparison.Ordinal) is > 0 and var end && why[..end] is { } name && !name.Contains('/')
            ? name
            : null;

    /// <summary>Beside site-packages/torch/lib: its own, nvidia's packages, and a conda environment's.</summary>
    private static IEnumerable<string> Beside(string folder)
    {
        yield return folder;
        var packages = Path.GetFullPath(Path.Combine(folder, "..", ".."));
        yield return Path.Combine(packages, "torch.libs");
        var nvidia = Path.Combine(packages, "nvidia");
        if (Directory.Exists(nvidia))
        {
            foreach (var package in Directory.EnumerateDirectories(nvidia).Order(StringComparer.Ordinal))
            {
                yield return Path.Combine(package, "lib");
            }
        }

        yield return Path.GetFullPath(Path.Combine(packages, "..", ".."));
    }
}
