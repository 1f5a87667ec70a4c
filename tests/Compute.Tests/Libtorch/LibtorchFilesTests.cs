using OrleansOneShot.Compute.Libtorch;
using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Compute.Tests.Libtorch;

public sealed class LibtorchFilesTests
{
    [Fact]
    public void Current_ThisSystem_NamesTheFilesThatAreLoaded()
    {
        var expected =
            OperatingSystem.IsWindows() ? LibtorchFiles.Windows
            : OperatingSystem.IsMacOS() ? LibtorchFiles.MacOS
            : LibtorchFiles.Linux;
        Assert.Same(expected, LibtorchFiles.Current);

        TorchRuntime.Initialise();
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        Assert.Contains(process.Modules.Cast<System.Diagnostics.ProcessModule>(), module => module.ModuleName == expected.Main);
        Assert.Contains(process.Modules.Cast<System.Diagnostics.ProcessModule>(), module => module.ModuleName == expected.Bridge);
    }
}
