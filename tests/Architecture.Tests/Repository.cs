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
