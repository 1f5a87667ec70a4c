namespace OrleansOneShot.EndToEnd.Tests.Support;

/// <summary>Files of the repository.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string TinyModel => Golden("sd15-tiny");

    public static string Golden(params string[] path) => Path.Combine([Root, "tests", "Goldens", .. path]);

    public static string Sample(string name) => Path.Combine(Root, "samples", name);

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
