using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Libtorch;

/// <summary>A folder with the libraries of libtorch or of an installed PyTorch.</summary>
/// <param name="Path">The folder of the libraries themselves.</param>
/// <param name="Version">The version as its files say, such as 2.11.0+cu130; null if they don't.</param>
/// <param name="HasCuda">Whether it computes on GPUs.</param>
public sealed partial record LibtorchFolder(string Path, string? Version, bool HasCuda)
{
    /// <summary>The variable that names a folder.</summary>
    public const string Variable = "ONESHOT_LIBTORCH";

    /// <summary>The variable that lets a version be tried which this program is not known to work with.</summary>
    public const string UntestedVariable = "ONESHOT_LIBTORCH_UNTESTED";

    /// <summary>Versions whose libraries have all that LibTorchSharp calls, with the same meaning.</summary>
    public static IReadOnlyList<string> Versions { get; } = ["2.10", "2.11"];

    internal const string Source = $"{Variable} names";
    internal const string Main = "libtorch_cpu.so";
    internal const string Cuda = "libtorch_cuda.so";
    private const int LongestVersionFile = 1 << 16;
    private const string FindHint = "oneshot doctor --find-pytorch looks for one.";

    private static readonly string[] s_needed = ["libc10.so", Main, "libtorch.so"];

    /// <summary>
    /// Looks at a folder that was named: of libraries, of a libtorch (with <c>lib</c> in it), of Python's package <c>torch</c>, or of the packages around it.
    /// </summary>
    /// <param name="named">The folder.</param>
    /// <param name="untested">Whether any version will do.</param>
    /// <param name="source">Who named it, for messages.</param>
    /// <returns>The folder of the libraries.</returns>
    /// <exception cref="LibtorchException">It holds none, not all of them, or those of another machine or version.</exception>
    public static LibtorchFolder Open(string named, bool untested = false, string source = Source)
    {
        ArgumentNullException.ThrowIfNull(named);
        if (!OperatingSystem.IsLinux())
        {
            throw Refused(source, $"{named}, and is understood on Linux alone", "Leave it out: the program's own libtorch is then used.");
        }

        if (!Directory.Exists(named))
        {
            throw Refused(
                source,
                $"{named}, which is {(File.Exists(named) ? "a file and no folder" : "not there")}",
                $"Name the folder of an installed PyTorch; {FindHint}"
            );
        }

        string[] places = [named, System.IO.Path.Combine(named, "lib"), System.IO.Path.Combine(named, "torch", "lib")];
        var folder =
            places.FirstOrDefault(place => File.Exists(System.IO.Path.Combine(place, Main)))
            ?? throw Refused(source, $"{named}, and neither it nor lib or torch/lib in it holds {Main}", $"Name the folder of a PyTorch for Linux; {FindHint}");
        folder = System.IO.Path.GetFullPath(folder);
        string[] missing = [.. s_needed.Where(name => !File.Exists(System.IO.Path.Combine(folder, name)))];
        if (missing.Length > 0)
        {
            throw Refused(source, $"{folder}, which lacks {Wording.List(missing, " and ")}", "Take the whole folder of a PyTorch, with all of its libraries.");
        }

        RequireMachine(source, System.IO.Path.Combine(folder, Main));
        var version = VersionOf(folder);
        if (version is not null && !untested && !Versions.Any(known => version.StartsWith($"{known}.", StringComparison.Ordinal)))
        {
            throw Refused(
                source,
                $"{folder}, which is version {version} of PyTorch; this program works with {Wording.List(Versions, " and ")}",
                $"Install one of these beside it, or try it all the same with {UntestedVariable}=1."
            );
        }

        return new LibtorchFolder(folder, version, File.Exists(System.IO.Path.Combine(folder, Cuda)));
    }

    /// <summary>The version that a folder of libraries is of.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The version; null if nothing beside it says.</returns>
    internal static string? VersionOf(string folder)
    {
        if (System.IO.Path.GetDirectoryName(folder) is not { } parent)
        {
            return null;
        }

        // Of Python's package, and of libtorch's archives.
        foreach (var (name, pattern) in new[] { ("version.py", InPython()), ("build-version", Alone()) })
        {
            if (
                LinkedFile.Find(System.IO.Path.Combine(parent, name)) is { Length: <= LongestVersionFile } file
                && pattern.Match(File.ReadAllText(file.Path)) is { Success: true } match
            )
            {
                return match.Groups[1].Value;
            }
        }

        return null;
    }

    internal static LibtorchException Refused(string source, string what, string hint) => new($"{source} {what}.", hint, source == Source ? Variable : null);

    /// <summary>Refuses libraries of another processor, which the system's loader calls "no such file".</summary>
    private static void RequireMachine(string source, string library)
    {
        Span<byte> start = stackalloc byte[20];
        using (var file = File.OpenRead(library))
        {
            if (file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length || !start.StartsWith("\u007fELF"u8))
            {
                throw Refused(
                    source,
                    $"{System.IO.Path.GetDirectoryName(library)}, whose {Main} is no library of Linux",
                    $"Name the folder of a PyTorch for Linux; {FindHint}"
                );
            }
        }

        // ELF's machine numbers, as far as PyTorch is built for them.
        var machine = BinaryPrimitives.ReadUInt16LittleEndian(start[18..]);
        var name = machine switch
        {
            62 => "X64",
            183 => "Arm64",
            21 => "Ppc64le",
            22 => "S390x",
            243 => "RiscV64",
            _ => string.Create(CultureInfo.InvariantCulture, $"processor number {machine}"),
        };
        if (!name.Equals(RuntimeInformation.ProcessArchitecture.ToString(), StringComparison.OrdinalIgnoreCase))
        {
            throw Refused(
                source,
                $"{System.IO.Path.GetDirectoryName(library)}, whose libraries are for {name}, and this program runs on "
                    + $"{RuntimeInformation.ProcessArchitecture}",
                $"Name the folder of a PyTorch for this processor; {FindHint}"
            );
        }
    }

    [GeneratedRegex(@"^__version__\s*=\s*['""]([0-9A-Za-z.+_-]{1,64})['""]", RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex InPython();

    [GeneratedRegex(@"\A\s*([0-9A-Za-z.+_-]{1,64})\s*\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Alone();
}
