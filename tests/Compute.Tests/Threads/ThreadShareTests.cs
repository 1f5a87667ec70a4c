using System.Runtime.InteropServices;
using OrleansOneShot.Compute.Threads;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Threads;

public sealed class ThreadShareTests
{
    private const double Large = 1e12;

    [Fact]
    public void Take_SmallWork_IsOneThreadUntilItIsGivenBack() =>
        OnThread(() =>
        {
            var before = get_num_threads();
            using (var share = ThreadShare.Take(0))
            {
                Assert.Equal(TorchThreads.Fixed ?? 1, share.Threads);
                Assert.Equal(share.Threads, get_num_threads());
            }

            Assert.Equal(before, get_num_threads());
        });

    [Fact]
    public void Take_WithinAnother_StandsInForIt() =>
        OnThread(() =>
        {
            using var outer = ThreadShare.Take(Large);
            var threads = get_num_threads();
            using (ThreadShare.Take(0))
            {
                Assert.Equal(TorchThreads.Fixed ?? 1, get_num_threads());
            }

            Assert.Equal(threads, get_num_threads());
        });

    [Fact]
    public void Take_OnOneThread_LeavesTheOthersTheirNumber() =>
        OnThread(() =>
        {
            var before = get_num_threads();
            OnThread(() =>
            {
                OpenMp.SetThreads(before + 3);
                Assert.Equal(before + 3, get_num_threads());
            });
            Assert.Equal(before, get_num_threads());
            OnThread(() => Assert.Equal(before, get_num_threads()));
        });

    [Fact]
    public void NativeEnvironment_OfThisProcess_IsWhatLibtorchsOpenMpFound()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only there is a native environment of its own.");
        foreach (var (name, value) in ThreadSettings.Current.Additions())
        {
            Assert.Equal(value, Get(name));
        }
    }

    private static void OnThread(Action test) =>
        OnThread(() =>
        {
            test();
            return 0;
        });

    // Threads of operations are a thread's own setting, so each test has a thread of its own.
    private static T OnThread<T>(Func<T> test) =>
        Task.Factory.StartNew(test, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).GetAwaiter().GetResult();

    [DllImport("libc", EntryPoint = "getenv", CharSet = CharSet.Ansi)]
    private static extern nint GetNative(string name);

    private static string? Get(string name) => Marshal.PtrToStringUTF8(GetNative(name));
}
