using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;
using OrleansOneShot.TestKit;

namespace OrleansOneShot.Chaos;

/// <summary>The jobs of the tiny model.</summary>
/// <param name="steps">Training steps a job.</param>
internal sealed class ChaosJobs(int steps)
{
    private string _model = "";

    /// <summary>Makes the model known to a silo that starts.</summary>
    /// <param name="folder">Its data folder.</param>
    public void RegisterModel(string folder)
    {
        var catalog = new ModelCatalog(DataFolder.Resolve(folder));
        var model = catalog.Find(Repository.TinyModel);
        catalog.Register(model);
        _model = model.Name;
    }

    /// <summary>What a command line says to have the same job.</summary>
    /// <param name="seed">The job's seed.</param>
    public string[] ToArguments(long seed) =>
        [
            "--image",
            Repository.Sample("cat.png"),
            "--mask",
            Repository.Sample("cat-mask.png"),
            "--class",
            "cat",
            "--model",
            Repository.TinyModel,
            "--steps",
            $"{steps}",
            "--resolution",
            "64",
            "--precision",
            "fp32",
            "--fan-out",
            "local",
            "--samples",
            "0",
            "--seed",
            $"{seed}",
        ];

    /// <summary>Uploads photo and mask.</summary>
    /// <param name="store">Where to.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<ChaosInputs> UploadAsync(IArtifactStore store, CancellationToken cancellationToken)
    {
        async Task<string> WriteAsync(string sample) =>
            await store.WriteBlobAsync(await File.ReadAllBytesAsync(Repository.Sample(sample), cancellationToken), cancellationToken);

        return new ChaosInputs(await WriteAsync("cat.png"), await WriteAsync("cat-mask.png"));
    }

    /// <summary>Submits a job, however often it takes.</summary>
    /// <param name="client">The cluster's client.</param>
    /// <param name="inputs">Photo and mask.</param>
    /// <param name="seed">The job's seed.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    public async Task<ClusterImplantation> SubmitAsync(ClusterClient client, ChaosInputs inputs, long seed, CancellationToken cancellationToken)
    {
        // Under a fixed id a submission may arrive as often as it takes.
        var id = new SubmitOptions { Id = JobId.New(DateTimeOffset.UtcNow) };
        var request = new ImplantationRequest
        {
            Name = "cat",
            Seed = seed,
            Image = inputs.Image,
            Objects =
            [
                new ObjectSpec
                {
                    Class = "cat",
                    Token = "<cat>",
                    Mask = inputs.Mask,
                },
            ],
            Model = new ModelReference { Name = _model },
            Training = new TrainingOptions
            {
                Steps = steps,
                Resolution = 64,
                Precision = Precision.Fp32,
                FanOut = new FanOutOptions { Mode = FanOutMode.Local },
            },
            Samples = new SampleOptions { PerPrompt = 0 },
        };
        return await Calls.UntilDoneAsync(() => client.SubmitAsync(request, id, cancellationToken), cancellationToken);
    }

    /// <summary>Submits a generation that draws with an implantation, however often it takes.</summary>
    /// <param name="client">The cluster's client.</param>
    /// <param name="implantation">The implantation, which has succeeded.</param>
    /// <param name="seed">The pictures' seed.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    public async Task<ClusterGeneration> DrawAsync(ClusterClient client, string implantation, long seed, CancellationToken cancellationToken)
    {
        var job = client.GetGeneration(JobId.New(DateTimeOffset.UtcNow));
        var request = new GenerationRequest
        {
            Seed = seed,
            Model = new ModelReference { Name = _model },
            Implantations = [new ImplantationReference { Id = implantation }],
            Prompts = ["a <cat> on the beach", "a photo of <cat>"],
            PerPrompt = 2,
            Steps = 20,
        };
        await Calls.UntilDoneAsync(() => job.SubmitAsync(request, cancellationToken), cancellationToken);
        return job;
    }
}
