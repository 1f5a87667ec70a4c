using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Faults;

/// <summary>Whose an error is. Where it can be had, the error is a real one of this machine.</summary>
public sealed class FaultTests
{
    private const string TorchMemory =
        "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 4398046511104 bytes. Error code 12 "
        + "(Cannot allocate memory)\n"
        + "Exception raised from alloc_cpu at ../c10/core/impl/alloc_cpu.cpp:117 (most recent call first):\nframe #0: c10::Error::Error";

    public static TheoryData<Exception, FaultKind> Errors =>
        new()
        {
            // The disk.
            { new IOException("No space left on device", 28), FaultKind.Machine },
            { new IOException("Disk quota exceeded", 122), FaultKind.Machine },
            { new IOException("Read-only file system", 30), FaultKind.Machine },
            { new IOException("Input/output error", 5), FaultKind.Machine },
            { new IOException("Too many open files", 24), FaultKind.Machine },
            { new IOException("Too many open files in system", 23), FaultKind.Machine },
            { new IOException("Stale file handle", 116), FaultKind.Machine },
            { new IOException("There is not enough space on the disk", unchecked((int)0x80070070)), FaultKind.Machine },
            { new IOException("of no number"), FaultKind.Machine },
            { new UnauthorizedAccessException("Access to the path '/x' is denied."), FaultKind.Machine },
            { new FileNotFoundException("Could not find file '/srv/oneshot/checkpoint'."), FaultKind.Machine },
            // Memory.
            { new OutOfMemoryException(), FaultKind.Machine },
            { new InsufficientMemoryException(), FaultKind.Machine },
            { new ExternalException(TorchMemory), FaultKind.Machine },
            { new ExternalException("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."), FaultKind.Machine },
            { new ExternalException("CUDA out of memory. Tried to allocate 20.00 GiB."), FaultKind.Machine },
            { new ExternalException("std::bad_alloc"), FaultKind.Machine },
            // Devices.
            { new ExternalException("CUDA error: an illegal memory access was encountered"), FaultKind.Machine },
            { new ExternalException("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), FaultKind.Machine },
            { new ExternalException("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), FaultKind.Machine },
            { new ExternalException("Found no NVIDIA driver on your system."), FaultKind.Machine },
            { new ExternalException("CUDA error: no kernel image is available for execution on the device"), FaultKind.Machine },
            { new ExternalException("unable to mmap 4096 bytes from file </models/unet.safetensors>: Cannot allocate memory (12)"), FaultKind.Machine },
            // Libraries.
            { new DllNotFoundException("Unable to load shared library 'LibTorchSharp'"), FaultKind.Machine },
            { new EntryPointNotFoundException("THSTensor_add"), FaultKind.Machine },
            { new BadImageFormatException(), FaultKind.Machine },
            { new TypeInitializationException("TorchSharp.torch", new DllNotFoundException()), FaultKind.Machine },
            { new NotSupportedException("This application uses TorchSharp but doesn't contain a reference to libtorch-cpu."), FaultKind.Machine },
            // The system.
            { new Win32Exception(28), FaultKind.Machine },
            { new SocketException((int)SocketError.TooManyOpenSockets), FaultKind.Machine },
            // Wrapped by layers that can't know.
            {
                new OneShotException(
                    new ErrorDetail(ErrorCodes.InvalidInput, "unet can't be read"),
                    new InvalidOperationException("x", new UnauthorizedAccessException())
                ),
                FaultKind.Machine
            },
            { new AggregateException(new InvalidOperationException("x"), new OutOfMemoryException()), FaultKind.Machine },
            { new SiloLacksException(new ErrorDetail(ErrorCodes.NotFound, "there is none of that name")), FaultKind.Machine },
            {
                new OneShotException(new ErrorDetail(ErrorCodes.NotFound, "x"), new SiloLacksException(new ErrorDetail(ErrorCodes.NotFound, "y"))),
                FaultKind.Machine
            },
            // The store.
            { new ArtifactStoreException(ArtifactStoreFault.Unreachable, "away"), FaultKind.Store },
            { new ArtifactStoreException(ArtifactStoreFault.Unreachable, "away", new IOException("reset")), FaultKind.Store },
            { new OutageException(TimeSpan.FromMinutes(10), new IOException("full", 28)), FaultKind.Store },
            {
                new OneShotException(new ErrorDetail(ErrorCodes.Failed, "x"), new ArtifactStoreException(ArtifactStoreFault.Unreachable, "away")),
                FaultKind.Store
            },
            { new ArtifactStoreException(ArtifactStoreFault.Denied, "read-only", new UnauthorizedAccessException()), FaultKind.Machine },
            { new ArtifactStoreException(ArtifactStoreFault.Missing, "no container"), FaultKind.Machine },
            { new ArtifactStoreException(ArtifactStoreFault.Refused, "no"), FaultKind.Machine },
            // The request.
            { new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, "bad")), FaultKind.Request },
            { new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, "asks for no help")), FaultKind.Request },
            { new ArtifactChangedException("p", 1, 2), FaultKind.Request },
            { new ArtifactExistsException("p"), FaultKind.Request },
            { new ArtifactCorruptException("p", new ArtifactInfo("p", 1, "a"), new ArtifactInfo("p", 1, "b")), FaultKind.Request },
            { new InvalidOperationException("a defect"), FaultKind.Request },
            { new ArithmeticException("nan"), FaultKind.Request },
            { new ExternalException("The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 0"), FaultKind.Request },
            { new NotSupportedException("not that"), FaultKind.Request },
            { new InvalidOperationException("out of memory, it says"), FaultKind.Request },
            { new Win32Exception(2), FaultKind.Request },
        };

    [Theory]
    [MemberData(nameof(Errors), DisableDiscoveryEnumeration = true)]
    public void Of_EachError_IsWhoseItIs(Exception error, FaultKind kind) => Assert.Equal(kind, Fault.Of(error));

    [Theory]
    [InlineData(1, true)]
    [InlineData(5, true)]
    [InlineData(6, true)]
    [InlineData(12, true)]
    [InlineData(13, true)]
    [InlineData(19, true)]
    [InlineData(23, true)]
    [InlineData(24, true)]
    [InlineData(28, true)]
    [InlineData(30, true)]
    [InlineData(116, true)]
    [InlineData(117, true)]
    [InlineData(121, true)]
    [InlineData(122, true)]
    [InlineData(unchecked((int)0x80070004), true)]
    [InlineData(unchecked((int)0x80070005), true)]
    [InlineData(unchecked((int)0x8007000E), true)]
    [InlineData(unchecked((int)0x80070013), true)]
    [InlineData(unchecked((int)0x80070027), true)]
    [InlineData(unchecked((int)0x80070070), true)]
    [InlineData(unchecked((int)0x8007045D), true)]
    [InlineData(2, false)]
    [InlineData(17, false)]
    [InlineData(21, false)]
    public void Of_NumberBelowATranslation_Decides(int number, bool machine)
    {
        var error = new OneShotException(
            new ErrorDetail(ErrorCodes.InvalidInput, "vae/config.json can't be read"),
            new InvalidOperationException("x", new IOException("x", number))
        );
        Assert.Equal(machine ? FaultKind.Machine : FaultKind.Request, Fault.Of(error));
    }

    [Fact]
    public void Of_RealErrorsOfThisMachine_AreTheMachines()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs /dev/full and /proc.");
        var full = Assert.ThrowsAny<Exception>(() =>
        {
            using var file = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
            file.WriteByte(1);
            file.Flush();
        });
        Assert.Equal(FaultKind.Machine, Fault.Of(full));
        Assert.Contains("No space left on device", Fault.Describe(full).Message, StringComparison.Ordinal);
        Assert.Equal(FaultKind.Machine, Fault.Of(Assert.ThrowsAny<Exception>(() => File.WriteAllText("/proc/version", "x"))));
        Assert.Equal(FaultKind.Machine, Fault.Of(Assert.ThrowsAny<Exception>(() => File.ReadAllText("/proc/self/mem-that-is-not-there"))));
        Assert.Equal(FaultKind.Machine, Fault.Of(Assert.ThrowsAny<Exception>(() => NativeLibrary.Load("there-is-no-such-library"))));
    }

    [Fact]
    public void Describe_TorchsMemory_IsItsFirstLineWithoutTheStack()
    {
        var detail = Fault.Describe(new ExternalException(TorchMemory));
        Assert.Equal(
            (
                ErrorCodes.Limit,
                "The machine has too little memory for this job: [enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: "
                    + "you tried to allocate 4398046511104 bytes. Error code 12 (Cannot allocate memory)"
            ),
            (detail.Code, detail.Message)
        );
    }

    [Fact]
    public void Describe_LongMessage_IsCut()
    {
        var detail = Fault.Describe(new InvalidOperationException(new string('x', 20_000)));
        Assert.Equal("The engine failed: ".Length + Fault.LongestMessage, detail.Message.Length);
        Assert.Equal(Fault.LongestMessage, Fault.Describe(new OneShotException(new ErrorDetail(ErrorCodes.Failed, new string('y', 20_000)))).Message.Length);
    }

    [Fact]
    public void Describe_MachinesErrorThatWasTranslatedAsBadInput_IsNoBadInput()
    {
        var error = new OneShotException(
            new ErrorDetail(ErrorCodes.InvalidInput, "unet can't be read", "unet", "Check its permissions."),
            new UnauthorizedAccessException()
        );
        Assert.Equal(new ErrorDetail(ErrorCodes.Failed, "unet can't be read", "unet", "Check its permissions."), Fault.Describe(error));
        var lacks = new SiloLacksException(new ErrorDetail(ErrorCodes.InvalidInput, "no such weights"));
        Assert.Equal(ErrorCodes.InvalidInput, Fault.Describe(lacks).Code);
        Assert.True(Fault.IsLack(new OneShotException(new ErrorDetail(ErrorCodes.Failed, "x"), lacks)));
        Assert.False(Fault.IsLack(error));
    }

    [Fact]
    public void Away_SiloThatEnded_NeitherFramesNorTheStoreAreNamed()
    {
        var rejected = new SiloUnavailableException(
            "Exception while sending message: Orleans.Runtime.Messaging.ConnectionFailedException: Unable to connect to S10.0.0.5:41847:154778830\n   at "
                + "Orleans.Runtime.Messaging.ConnectionManager.GetConnectionAsync()"
        );

        Assert.Equal("another silo: it does not answer", Fault.Away(rejected));
        Assert.Equal(
            "another silo: it does not answer",
            Fault.Away(new TimeoutException("Response did not arrive on time in 00:00:30 for message: Request [...]"))
        );
    }

    [Fact]
    public void Away_Store_SaysItsFirstLine() =>
        Assert.Equal("the store: It is away.", Fault.Away(new ArtifactStoreException(ArtifactStoreFault.Unreachable, "It is away.\n   at Some.Frame()")));

    [Theory]
    [InlineData("Trying to register implantation/j1 on invalid silo: S10.77.1.3:35683:154782780. Known status: Dead")]
    [InlineData("Error from storage provider RedisGrainStorage.job during WriteStateAsync for grain implantation/j1")]
    public void Away_OrleansItself_NoneOfItsWordsAreShown(string words) =>
        Assert.Equal("the cluster: a grain can't be reached, or can't read or write its state", Fault.Away(new OrleansException(words)));
}
