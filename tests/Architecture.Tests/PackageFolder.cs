using System.Diagnostics;

namespace OrleansOneShot.Architecture.Tests;

/// <summary>A folder with the packages of the built projects.</summary>
public sealed class PackageFolder : IAsyncLifetime
{
    /// <summary>The version of all packages.</summary>
    public const string Version = "0.1.0";

    // bin/Release/net10.0, as these tests are built.
    private static readonly string s_configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-packages-").FullName;

    /// <summary>Where the packages lie.</summary>
    public string Packages => Path.Combine(_root, "packages");

    /// <summary>A path beside them.</summary>
    public string this[string name] => Path.Combine(_root, name);

    public async ValueTask InitializeAsync() =>
        await RunAsync(
            Repository.Root,
            "msbuild",
            "build/Packages.proj",
            "-nodeReuse:false",
            $"-p:Configuration={s_configuration}",
            $"-p:PackageOutputPath={Packages}",
            "-verbosity:quiet"
        );

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_root, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Runs the SDK; a failure shows what it said.</summary>
    public static async Task RunAsync(string folder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // What the runner of these tests was told of its own build is no business of this one.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', start.ArgumentList)}\n{output}\n{await error}");
    }
}
