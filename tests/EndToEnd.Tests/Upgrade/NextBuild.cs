using System.Diagnostics;
using System.Globalization;
using System.Text;
using OrleansOneShot.Contracts;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Upgrade;

/// <summary>
/// The program as a build with the next version of the contracts makes it: the same files, but for the one that says the version. A second build would take
/// minutes, and a variable that changed the version would be one that can do harm.
/// </summary>
internal sealed class NextBuild : IDisposable
{
    private readonly string _folder;

    private NextBuild(string folder) => _folder = folder;

    /// <summary>Its version.</summary>
    public static int Version => ContractVersion.Current + 1;

    /// <summary>Makes it, of links to the files of the program that tests run.</summary>
    public static async Task<NextBuild> CreateAsync()
    {
        // Beside the program: links don't leave a file system.
        var here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        var build = new NextBuild($"{here}-next-{Guid.NewGuid():N}");
        using var copy = Process.Start("cp", ["--archive", "--link", here, build._folder]);
        await copy.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, copy.ExitCode);
        var contracts = Path.Combine(build._folder, Path.GetFileName(typeof(ContractVersion).Assembly.Location));
        var bytes = await File.ReadAllBytesAsync(contracts, TestContext.Current.CancellationToken);
        Raise(bytes);
        // Not written into, which would change the program's own file: the two are one.
        File.Delete(contracts);
        await File.WriteAllBytesAsync(contracts, bytes, TestContext.Current.CancellationToken);
        return build;
    }

    /// <summary>Starts a command of it.</summary>
    public OneShotProcess Start(params IEnumerable<string> arguments) =>
        OneShotProcess.StartOther(Path.Combine(_folder, "oneshot.dll"), new Dictionary<string, string>(), arguments);

    /// <summary>Runs a command of it to its end.</summary>
    public async Task<Ended> RunAsync(params IEnumerable<string> arguments)
    {
        await using var process = Start(arguments);
        return await process.EndAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Changes the value of the assembly's attribute, as ECMA-335 writes it: the lengths of both strings, each before its UTF-8.</summary>
    private static void Raise(byte[] assembly)
    {
        var (now, next) = (Text(ContractVersion.Current), Text(Version));
        Assert.Equal(now.Length, next.Length);
        byte[] attribute = [(byte)nameof(ContractVersion).Length, .. Encoding.UTF8.GetBytes(nameof(ContractVersion)), (byte)now.Length, .. now, 0, 0];
        var at = assembly.AsSpan().IndexOf(attribute);
        Assert.True(at >= 0 && assembly.AsSpan(at + 1).IndexOf(attribute) < 0, "The version does not stand once in the assembly.");
        next.CopyTo(assembly, at + attribute.Length - 2 - now.Length);

        static byte[] Text(int version) => Encoding.UTF8.GetBytes(version.ToString(CultureInfo.InvariantCulture));
    }
}
