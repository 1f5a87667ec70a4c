using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Machine;

public sealed class LibtorchTests : IDisposable
{
    private static readonly string s_own = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native");

    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-libtorch-").FullName;

    [Fact]
    public async Task Doctor_LibtorchOfAnotherFolder_ComputesWithItAndNotWithItsOwn()
    {
        // Another file than the program's own, as that of a PyTorch is: a link would be taken for the same.
        foreach (
            var file in Directory
                .EnumerateFiles(s_own)
                .Where(f =>
                    Path.GetFileName(f) is "libc10.so" or "libtorch.so" or "libtorch_cpu.so" or "libtorch_global_deps.so"
                    || Path.GetFileName(f).StartsWith("libgomp", StringComparison.Ordinal)
                )
        )
        {
            File.Copy(file, Path.Combine(Directory.CreateDirectory(Path.Combine(_root, "torch", "lib")).FullName, Path.GetFileName(file)));
        }

        await File.WriteAllTextAsync(Path.Combine(_root, "torch", "version.py"), "__version__ = '2.10.0+cpu'\n", TestContext.Current.CancellationToken);
        var ended = await DoctorAsync(Path.Combine(_root, "torch"));
        Assert.Equal(0, ended.ExitCode);
        Assert.Equal((true, $"2.10.0+cpu in {_root}/torch/lib (ONESHOT_LIBTORCH)"), Check(ended, "libtorch"));
        Assert.Contains("GFLOPS", Check(ended, "fp32").Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_FolderWithoutLibtorch_SaysSoInASentence()
    {
        var ended = await DoctorAsync(_root);
        Assert.Equal(1, ended.ExitCode);
        Assert.Equal(
            (
                false,
                $"ONESHOT_LIBTORCH names {_root}, and neither it nor lib or torch/lib in it holds libtorch_cpu.so. Name the folder of a PyTorch for Linux; "
                    + $"oneshot doctor --find-pytorch looks for one."
            ),
            Check(ended, "libtorch")
        );
    }

    [Fact]
    public async Task Generate_FolderWithoutLibtorch_IsBadInput()
    {
        var ended = await OneShotProcess.RunAsync(
            new Dictionary<string, string> { ["ONESHOT_LIBTORCH"] = _root },
            "generate",
            "--prompt",
            "a cat",
            "--out",
            Path.Combine(_root, "out"),
            "--data",
            Path.Combine(_root, "data")
        );
        Assert.Equal(2, ended.ExitCode);
        Assert.Equal(
            $"ONESHOT_LIBTORCH names {_root}, and neither it nor lib or torch/lib in it holds libtorch_cpu.so.\nName the folder of a PyTorch for Linux; "
                + $"oneshot doctor --find-pytorch looks for one.\n",
            ended.Error
        );
    }

    [Fact]
    public async Task Doctor_NoNumberOfThreads_IsBadInput()
    {
        var ended = await OneShotProcess.RunAsync(
            new Dictionary<string, string> { ["ONESHOT_THREADS"] = "many" },
            "doctor",
            "--data",
            Path.Combine(_root, "data")
        );
        Assert.Equal(2, ended.ExitCode);
        Assert.StartsWith("ONESHOT_THREADS is \"many\", which is no number of threads.\n", ended.Error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static (bool Ok, string Detail) Check(Ended ended, string name)
    {
        var check = ended.Document["checks"]!.AsArray().Single(c => (string)c!["name"]! == name)!;
        return ((bool)check["ok"]!, (string)check["detail"]!);
    }

    private Task<Ended> DoctorAsync(string libtorch) =>
        OneShotProcess.RunAsync(
            new Dictionary<string, string> { ["ONESHOT_LIBTORCH"] = libtorch },
            "doctor",
            "--format",
            "json",
            "--data",
            Path.Combine(_root, "data")
        );
}
