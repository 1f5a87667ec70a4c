namespace OrleansOneShot.TestKit;

/// <summary>Files of the repository.</summary>
public static class Repository
{
    /// <summary>The folder that holds <c>tests/Goldens</c>: the checkout's root, or that of the pack of bench/gpu, which has no solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>The shipped model.</summary>
    public static string Model => PathOf("models", "toyworld-64");

    /// <summary>The smallest model of Stable Diffusion 1.x's form, of random weights; in diffusers' layout.</summary>
    public static string TinyModel => Golden("sd15-tiny");

    /// <summary>A file or folder.</summary>
    /// <param name="parts">Its path from the root.</param>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>A file or folder of tests/Goldens.</summary>
    /// <param name="parts">Its path from there.</param>
    public static string Golden(params string[] parts) => PathOf(["tests", "Goldens", .. parts]);

    /// <summary>A picture that comes with the program.</summary>
    /// <param name="name">Its name in <c>samples</c>, such as "cat.png".</param>
    public static string Sample(string name) => PathOf("samples", name);

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!Directory.Exists(Path.Combine(folder, "tests", "Goldens")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException($"No repository above {AppContext.BaseDirectory}.");
        }

        return folder;
    }
}
