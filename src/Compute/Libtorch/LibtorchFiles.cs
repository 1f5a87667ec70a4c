namespace OrleansOneShot.Compute.Libtorch;

/// <summary>What libtorch's files are called on a system. Chosen here and nowhere else.</summary>
/// <param name="Main">The library of the processor's operations.</param>
/// <param name="Cuda">That of a GPU's; not everywhere there.</param>
/// <param name="Bridge">TorchSharp's own library, which calls it.</param>
/// <param name="Missing">What to do where the program comes without libtorch.</param>
/// <param name="Broken">What to do where it can't be loaded.</param>
internal sealed record LibtorchFiles(string Main, string Cuda, string Bridge, string Missing, string Broken)
{
    private const string Again = "Install what is missing, or the program again.";

    private const string Rebuild = "Build the program again without -p:TorchBackend=none.";

    /// <summary>Linux, the one system on which that of an installed PyTorch can be taken.</summary>
    public static LibtorchFiles Linux { get; } =
        new(
            LibtorchFolder.Main,
            LibtorchFolder.Cuda,
            "libLibTorchSharp.so",
            $"Set {LibtorchFolder.Variable} to the folder of an installed PyTorch ({Common.Wording.List(LibtorchFolder.Versions, " or ")}); oneshot doctor "
                + $"--find-pytorch looks for one.",
            Again
        );

    /// <summary>Windows, whose libtorch needs the runtime of Microsoft's compiler.</summary>
    public static LibtorchFiles Windows { get; } =
        new(
            "torch_cpu.dll",
            "torch_cuda.dll",
            "LibTorchSharp.dll",
            Rebuild,
            "Install the Visual C++ Redistributable for x64, https://aka.ms/vs/17/release/vc_redist.x64.exe, or the program again."
        );

    /// <summary>macOS.</summary>
    public static LibtorchFiles MacOS { get; } = new("libtorch_cpu.dylib", "libtorch_cuda.dylib", "libLibTorchSharp.dylib", Rebuild, Again);

    /// <summary>Those of the system which runs.</summary>
    public static LibtorchFiles Current { get; } =
        OperatingSystem.IsWindows() ? Windows
        : OperatingSystem.IsMacOS() ? MacOS
        : Linux;
}
