using System.Runtime.InteropServices;
using OrleansOneShot.Cli.App.Systems;

namespace OrleansOneShot.Cli.Tests.App.Systems;

public sealed class ProcessSystemTests
{
    [Fact]
    public void Current_ThisSystem_IsItsOwn_AndListensToWhatItStopsProgramsWith()
    {
        Assert.Equal(OperatingSystem.IsWindows() ? "WindowsProcess" : "UnixProcess", ProcessSystem.Current.GetType().Name);
        Assert.Equal(
            OperatingSystem.IsWindows() ? [PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM] : [PosixSignal.SIGINT, PosixSignal.SIGTERM],
            ProcessSystem.Current.StopSignals
        );
    }
}
