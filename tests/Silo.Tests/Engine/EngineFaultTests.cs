using Microsoft.Extensions.Logging.Abstractions;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;
using OrleansOneShot.TestKit.Stores;
using TorchSharp;

namespace OrleansOneShot.Silo.Tests.Engine;

/// <summary>Whose the engine's real errors are.</summary>
public sealed class EngineFaultTests : IDisposable
{
    private readonly TestData _data = new();
    private readonly ComputeTrainingEngine _engine;

    public EngineFaultTests()
    {
        var store = new FileArtifactStore(_data["store"]);
        var models = SiloModels.Create(_data.Folder, new ModelCatalog(_data.Folder), store, NullLogger<SiloModels>.Instance);
        _engine = new ComputeTrainingEngine(new VerifiedReader(store), models, new PrecisionChooser(_data.Folder), new PeakMeter());
    }

    [Fact]
    public void Check_ThisMachinesProcessor_Passes() => new TorchEngineCheck().Check("cpu");

    [Fact]
    public void Check_DeviceThatIsNotThere_IsTheMachinesError() => Assert.NotNull(Record.Exception(() => new TorchEngineCheck().Check("cuda:63")));

    [Fact]
    public void Allocation_OfMoreThanAnyMachineHas_IsTheMachinesErrorInOneLine()
    {
        TorchRuntime.Initialise();
        var error = Record.Exception(() => torch.empty([1L << 44]).Dispose());
        Assert.NotNull(error);
        Assert.Equal(FaultKind.Machine, Fault.Of(error));
        var detail = Fault.Describe(error);
        Assert.Equal(ErrorCodes.Limit, detail.Code);
        Assert.StartsWith("The machine has too little memory for this job: ", detail.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("frame #", detail.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ShapesThatTorchRefuses_AreTheRequests()
    {
        TorchRuntime.Initialise();
        var error = Record.Exception(() => torch.mm(torch.zeros(2, 3), torch.zeros(4, 5)).Dispose());
        Assert.NotNull(error);
        Assert.Equal(FaultKind.Request, Fault.Of(error));
    }

    [Fact]
    public void Run_TheSlotsDeviceIsGone_IsTheMachinesError()
    {
        var error = Assert.Throws<OneShotException>(() => Run(Job("toyworld-64") with { Device = "cuda:63" }));
        Assert.Equal((FaultKind.Machine, false), (Fault.Of(error), Fault.IsLack(error)));
        Assert.StartsWith("The device cuda:63 isn't there", Fault.Describe(error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TheRequestsDeviceIsNowhere_IsTheRequests()
    {
        var job = Job("toyworld-64");
        var error = Assert.Throws<OneShotException>(() =>
            Run(job with { Request = job.Request with { Training = new TrainingOptions { Device = "cuda:63" } } })
        );
        Assert.Equal((FaultKind.Request, ErrorCodes.InvalidInput), (Fault.Of(error), error.Detail.Code));
    }

    [Fact]
    public void Run_AModelThatIsNotHere_IsALackOfThisSilo()
    {
        var error = Assert.Throws<OneShotException>(() => Run(Job("no-such-model")));
        Assert.Equal((FaultKind.Machine, true, ErrorCodes.NotFound), (Fault.Of(error), Fault.IsLack(error), Fault.Describe(error).Code));
    }

    [Fact]
    public void Run_AModelWhoseFilesAreDamagedHere_IsALackOfThisSilo()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_data.Folder.ModelFolders, "damaged")).FullName;
        File.WriteAllText(Path.Combine(folder, "model_index.json"), "{");
        var error = Assert.ThrowsAny<OneShotException>(() => Run(Job("damaged")));
        Assert.Equal((FaultKind.Machine, true, ErrorCodes.InvalidInput), (Fault.Of(error), Fault.IsLack(error), Fault.Describe(error).Code));
    }

    public void Dispose() => _data.Dispose();

    private static EngineJob Job(string model) =>
        new(
            "j",
            1,
            0,
            new ImplantationRequest
            {
                Name = "cat",
                Owner = "ann",
                Image = new string('a', 64),
                Objects =
                [
                    new ObjectSpec
                    {
                        Class = "cat",
                        Token = "<cat>",
                        Mask = new string('b', 64),
                    },
                ],
                Model = new ModelReference { Name = model },
            },
            null,
            Path.GetTempPath()
        );

    private void Run(EngineJob job) => _engine.Run(job, new Observer(), default);

    private sealed class Observer : IEngineObserver
    {
        public void Report(ProgressUpdate update) { }

        public void CommitCheckpoint(int step, string path, SettledRun? settled = null) { }

        public void DropCheckpoint(CheckpointReference checkpoint) { }

        public string StorePreview(int step, byte[] png) => "preview.png";
    }
}
