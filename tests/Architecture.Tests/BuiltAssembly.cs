using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace OrleansOneShot.Architecture.Tests;

/// <summary>What a built assembly says of itself, read from its metadata; it is not loaded.</summary>
/// <param name="Project">Its project, such as "Storage.Azure".</param>
/// <param name="References">Names of the assemblies that it uses.</param>
/// <param name="Strings">Texts of its code.</param>
/// <param name="Folders">
/// Which top folder (the first part of a namespace below the project's own; "" for that itself) uses which other, and by which types.
/// </param>
/// <param name="Outside">Which top folder uses which other assembly, and by which types.</param>
internal sealed record BuiltAssembly(
    string Project,
    IReadOnlySet<string> References,
    IReadOnlySet<string> Strings,
    IReadOnlyDictionary<(string From, string To), string> Folders,
    IReadOnlyDictionary<(string Folder, string Assembly), string> Outside
)
{
    private const string Prefix = "OrleansOneShot.";

    /// <summary>The assemblies of all projects in <c>src</c>, by name.</summary>
    public static IReadOnlyDictionary<string, BuiltAssembly> All { get; } =
        Directory
            .EnumerateFiles(Repository.Source, "*.csproj", SearchOption.AllDirectories)
            .Select(Read)
            .ToDictionary(assembly => assembly.Project, StringComparer.Ordinal);

    /// <summary>Name of a project's assembly.</summary>
    /// <param name="project">The project.</param>
    public static string NameOf(string project) => project == "Cli" ? "oneshot" : Prefix + project;

    /// <summary>The project of one of the solution's assemblies; null: it is another's.</summary>
    /// <param name="assembly">Name of the assembly.</param>
    public static string? ProjectOf(string assembly) =>
        assembly == "oneshot" ? "Cli"
        : assembly.StartsWith(Prefix, StringComparison.Ordinal) ? assembly[Prefix.Length..]
        : null;

    private static BuiltAssembly Read(string csproj)
    {
        var project = Path.GetFileNameWithoutExtension(csproj);

        // bin/Release/net10.0, as these tests are built.
        var output = Path.GetRelativePath(Repository.Tests, AppContext.BaseDirectory);
        using var file = File.OpenRead(Path.Combine(Path.GetDirectoryName(csproj)!, output, NameOf(project) + ".dll"));
        using var pe = new PEReader(file);
        var metadata = pe.GetMetadataReader();
        var (folders, outside) = TypeUses.Read(pe, metadata, Prefix + project);
        return new BuiltAssembly(
            project,
            metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name)).ToHashSet(StringComparer.Ordinal),
            StringsOf(metadata),
            folders,
            outside
        );
    }

    private static HashSet<string> StringsOf(MetadataReader metadata)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        for (var handle = MetadataTokens.UserStringHandle(0); !handle.IsNil || found.Count == 0; handle = metadata.GetNextHandle(handle))
        {
            found.Add(metadata.GetUserString(handle));
        }

        return found;
    }
}
