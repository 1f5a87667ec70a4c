using OrleansOneShot.Compute.Models.Loading;

namespace OrleansOneShot.Compute.Tests.Models;

/// <summary>The goldens' Stable Diffusion folder, and copies of it that tests may break.</summary>
internal static class TinyModel
{
    public static string Path { get; } = Golden.PathOf("sd15-tiny");

    public static ModelFolder Open() => ModelFolder.Open(Path);

    public static string Copy()
    {
        var target = Directory.CreateTempSubdirectory("oneshot-model-").FullName;
        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories))
        {
            var copy = System.IO.Path.Combine(target, System.IO.Path.GetRelativePath(Path, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return target;
    }
}
