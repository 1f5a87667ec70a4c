using OrleansOneShot.Compute.Libtorch;

namespace OrleansOneShot.Compute.Tests.Libtorch;

public sealed class LibtorchFolderTests : IDisposable
{
    // Elf64_Ehdr up to e_machine.
    private const ushort X64 = 62;
    private const ushort Arm64 = 183;

    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-libtorch-").FullName;

    public LibtorchFolderTests() =>
        Assert.SkipUnless(
            OperatingSystem.IsLinux()
                && System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64,
            "Looks at libraries of Linux on x64."
        );

    [Theory]
    [InlineData("torch/lib", "torch/lib")]
    [InlineData("torch/lib", "torch")]
    [InlineData("torch/lib", ".")] // site-packages
    public void Open_EachFolderThatOneMightName_FindsTheLibraries(string libraries, string named)
    {
        Install(libraries);
        Assert.Equal(Path.Combine(_root, libraries), LibtorchFolder.Open(Path.Combine(_root, named)).Path);
    }

    [Theory]
    [InlineData("version.py", "from typing import Optional\n__version__ = '2.11.0+cu130'\ndebug = False\n", "2.11.0+cu130")]
    [InlineData("build-version", "2.10.0+cpu\n", "2.10.0+cpu")]
    public void Open_KnownVersion_IsToldWithIt(string file, string text, string version)
    {
        Install("torch/lib");
        File.WriteAllText(Path.Combine(_root, "torch", file), text);
        Assert.Equal(version, LibtorchFolder.Open(_root).Version);
    }

    [Fact]
    public void Open_LibrariesAlone_AreOfAnUnknownVersion()
    {
        Install("x");
        Assert.Null(LibtorchFolder.Open(Path.Combine(_root, "x")).Version);
        Assert.False(LibtorchFolder.Open(Path.Combine(_root, "x")).HasCuda);
    }

    [Theory]
    [InlineData("2.14.1+cpu")]
    [InlineData("2.1.0")]
    [InlineData("1.13.1")]
    public void Open_AnotherVersion_IsRefusedUnlessAskedFor(string version)
    {
        Install("torch/lib");
        File.WriteAllText(Path.Combine(_root, "torch", "version.py"), $"__version__ = '{version}'\n");
        var error = Assert.Throws<LibtorchException>(() => LibtorchFolder.Open(_root));
        Assert.Equal($"ONESHOT_LIBTORCH names {_root}/torch/lib, which is version {version} of PyTorch; this program works with 2.10 and 2.11.", error.Message);
        Assert.Contains("ONESHOT_LIBTORCH_UNTESTED=1", error.Hint, StringComparison.Ordinal);
        Assert.Equal("ONESHOT_LIBTORCH", error.Field);
        Assert.Equal(version, LibtorchFolder.Open(_root, untested: true).Version);
    }

    [Fact]
    public void Open_NoSuchFolder_SaysSo()
    {
        var error = Assert.Throws<LibtorchException>(() => LibtorchFolder.Open(Path.Combine(_root, "none")));
        Assert.Equal($"ONESHOT_LIBTORCH names {_root}/none, which is not there.", error.Message);
        Assert.Contains("doctor --find-pytorch", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AFile_SaysSo()
    {
        File.WriteAllText(Path.Combine(_root, "x"), "");
        Assert.Equal(
            $"ONESHOT_LIBTORCH names {_root}/x, which is a file and no folder.",
            Assert.Throws<LibtorchException>(() => LibtorchFolder.Open(Path.Combine(_root, "x"))).Message
        );
    }

    [Fact]
    public void Open_AnotherFolder_SaysWhatIsMissing() =>
        Assert.Equal(
            $"ONESHOT_LIBTORCH names {_root}, and neither it nor lib or torch/lib in it holds libtorch_cpu.so.",
            Assert.Throws<LibtorchException>(() => LibtorchFolder.Open(_root)).Message
        );

    [Fact]
    public void Open_PartOfTheLibraries_SaysWhatIsMissing()
    {
        Install("x");
        File.Delete(Path.Combine(_root, "x", "libc10.so"));
        Assert.Equal(
            $"ONESHOT_LIBTORCH names {_root}/x, which lacks libc10.so.",
            Assert.Throws<LibtorchException>(() => LibtorchFolder.Open(Path.Combine(_root, "x"))).Message
        );
    }

    [Fact]
    public void Open_LibrariesOfAnotherProcessor_SaysWhich()
    {
        Install("x", Arm64);
        Assert.Equal(
            $"ONESHOT_LIBTORCH names {_root}/x, whose libraries are for Arm64, and this program runs on X64.",
            Assert.Throws<LibtorchException>(() => LibtorchFolder.Open(Path.Combine(_root, "x"))).Message
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("version https://git-lfs.github.com/spec/v1")]
    public void Open_NoLibraryAtAll_SaysSo(string text)
    {
        Install("x");
        File.WriteAllText(Path.Combine(_root, "x", "libtorch_cpu.so"), text);
        Assert.Equal(
            $"ONESHOT_LIBTORCH names {_root}/x, whose libtorch_cpu.so is no library of Linux.",
            Assert.Throws<LibtorchException>(() => LibtorchFolder.Open(Path.Combine(_root, "x"))).Message
        );
    }

    [Fact]
    public void Find_NoSuchPython_SaysSo() =>
        Assert.Equal("There is no no-such-python in PATH.", Assert.Throws<LibtorchException>(() => InstalledPyTorch.Find("no-such-python")).Message);

    [Theory]
    [InlineData("exit 1")]
    [InlineData("echo")]
    public void Find_PythonWithoutPyTorch_SaysSo(string script) =>
        Assert.Equal($"{_root}/python has no package torch.", Assert.Throws<LibtorchException>(() => InstalledPyTorch.Find(Python(script))).Message);

    [Fact]
    public void Find_PythonWithPyTorch_GivesTheFolderOfItsLibraries()
    {
        Install("torch/lib");
        File.WriteAllText(Path.Combine(_root, "torch", "version.py"), "__version__ = '2.11.0+cu130'\n");
        File.WriteAllText(Path.Combine(_root, "torch", "lib", "libtorch_cuda.so"), "");
        var found = InstalledPyTorch.Find(Python($"echo {_root}/torch/__init__.py"));
        Assert.Equal(new LibtorchFolder($"{_root}/torch/lib", "2.11.0+cu130", true), found);
    }

    [Fact]
    public void Find_PyTorchOfAnotherVersion_SaysWhoseItIs()
    {
        Install("torch/lib");
        File.WriteAllText(Path.Combine(_root, "torch", "version.py"), "__version__ = '2.14.1'\n");
        var error = Assert.Throws<LibtorchException>(() => InstalledPyTorch.Find(Python($"echo {_root}/torch/__init__.py")));
        Assert.StartsWith($"{_root}/python has its PyTorch in {_root}/torch/lib, which is version 2.14.1 of PyTorch", error.Message, StringComparison.Ordinal);
        Assert.Null(error.Field);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string Python(string script)
    {
        var file = Path.Combine(_root, "python");
        File.WriteAllText(file, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        return file;
    }

    private void Install(string folder, ushort machine = X64)
    {
        Directory.CreateDirectory(Path.Combine(_root, folder));
        var header = new byte[64];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(header);
        BitConverter.TryWriteBytes(header.AsSpan(18), machine);
        foreach (var name in (string[])["libc10.so", "libtorch_cpu.so", "libtorch.so"])
        {
            File.WriteAllBytes(Path.Combine(_root, folder, name), header);
        }
    }
}
