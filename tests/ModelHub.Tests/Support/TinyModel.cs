namespace OrleansOneShot.ModelHub.Tests.Support;

/// <summary>The smallest model of Stable Diffusion 1.x's form, of random weights.</summary>
internal static class TinyModel
{
    /// <summary>Its folder, in diffusers' layout.</summary>
    public static string Folder { get; } = Find();

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "OrleansOneShot.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests don't run inside the repository.");
        }

        return Path.Combine(folder, "tests", "Goldens", "sd15-tiny");
    }
}
