namespace OrleansOneShot.Architecture.Tests;

/// <summary>Where things lie.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>The folder of the projects that are shipped.</summary>
    public static string Source => Path.Combine(Root, "src");

    /// <summary>The folder of this project.</summary>
    public static string Tests => Path.Combine(Root, "tests", "Architecture.Tests");

    /// <summary>The sources below a folder, without what builds make.</summary>
    /// <param name="folder">The folder, from the root.</param>
    public static IEnumerable<string> Sources(string folder) => Files(folder, "*.cs");

    /// <summary>Files below a folder, without what builds make.</summary>
    /// <param name="folder">The folder, from the root.</param>
    /// <param name="pattern">Their names.</param>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory
            .EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(file => !NameOf(file).Split('/').Any(part => part is "bin" or "obj"));

    /// <summary>A file's path from the root, with slashes.</summary>
    /// <param name="file">The file.</param>
    public static string NameOf(string file) => Path.GetRelativePath(Root, file).Replace(Path.DirectorySeparatorChar, '/');

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "OrleansOneShot.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests don't run inside the repository.");
        }

        return folder;
    }
}
