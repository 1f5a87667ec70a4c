using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Silo.Tests.Engine.Options;

/// <summary>An engine with a tiny model, a request whose options are plain, and its outcome, which the others are compared with.</summary>
public sealed class OptionRuns : IDisposable
{
    private readonly TestData _data = new();
    private readonly FileArtifactStore _store;
    private readonly ModelCatalog _models;
    private readonly ComputeTrainingEngine _engine;
    private readonly Lazy<OptionOutcome> _plain;
    private int _runs;

    public OptionRuns()
    {
        _store = new FileArtifactStore(_data["store"]);
        _models = new ModelCatalog(_data.Folder);
        _engine = new ComputeTrainingEngine(
            new VerifiedReader(_store),
            SiloModels.Create(_data.Folder, _models, _store, NullLogger<SiloModels>.Instance),
            new PrecisionChooser(_data.Folder),
            new PeakMeter()
        );
        _plain = new Lazy<OptionOutcome>(() => Run(Plain));
        var tiny = Repository.TinyModel;
        Copy(tiny, "tiny");
        var other = Copy(tiny, "tiny-v");
        Edit(Path.Combine(other, "scheduler", "scheduler_config.json"), config => config["prediction_type"] = "v_prediction");
        Spoil(Path.Combine(other, "unet", "diffusion_pytorch_model.safetensors"), "conv_in.bias");
        Spoil(Path.Combine(Copy(Path.Combine(tiny, "clip"), "clip-2"), "model.safetensors"), "visual_projection.weight");
    }

    /// <summary>A request that names what it must, and is small; no option is unusual.</summary>
    internal ImplantationRequest Plain =>
        new()
        {
            Name = "plain",
            Seed = 5,
            Image = Blob("scene-fox-ball"),
            Objects =
            [
                new ObjectSpec
                {
                    Class = "cat",
                    Token = "<fox>",
                    Mask = Blob("scene-fox-ball-fox-mask"),
                },
                new ObjectSpec
                {
                    Class = "dog",
                    Token = "<ball>",
                    Mask = Blob("scene-fox-ball-ball-mask"),
                },
            ],
            Model = new ModelReference { Name = "tiny" },
            Method = new MethodOptions { PrototypeSteps = 2 },
            Training = new TrainingOptions
            {
                Steps = 2,
                LearningRate = 1e-3,
                Resolution = 32,
                Precision = Precision.Fp32,
                Device = "cpu",
                CheckpointEvery = 1,
            },
            Samples = new SampleOptions
            {
                Prompts = ["a photo of <fox> in the snow"],
                PerPrompt = 1,
                Scheduler = "ddim",
                Steps = 2,
                GuidanceScale = 3,
            },
        };

    /// <summary>What <see cref="Plain"/> gives.</summary>
    internal OptionOutcome PlainOutcome => _plain.Value;

    /// <summary>The options of a request.</summary>
    internal ImplantationOptions Resolve(ImplantationRequest request, string? device = null) =>
        ImplantationOptionsResolver.Resolve(request, ModelFolder.Open(_models.GetFolder(request.Model.Name)), device);

    /// <summary>Runs a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="settled">What an earlier epoch has settled; null: it is the first.</param>
    internal OptionOutcome Run(ImplantationRequest request, SettledRun? settled = null)
    {
        RequestValidator.Require(request);
        var id = $"20260101-000000-run{_runs++}";
        var outcome = new OptionOutcome();
        outcome.Take(
            _engine.Run(
                new EngineJob(id, 1, 0, request, null, Directory.CreateDirectory(_data[id]).FullName) { Settled = settled },
                outcome,
                TestContext.Current.CancellationToken
            )
        );
        return outcome;
    }

    /// <summary>Uploads a sample.</summary>
    /// <param name="sample">Its file's name without extension.</param>
    internal string Blob(string sample) => _store.WriteBlobAsync(File.ReadAllBytes(Repository.Sample(sample + ".png"))).GetAwaiter().GetResult();

    /// <summary>Writes a model's own defaults.</summary>
    internal void WriteDefaults(string model, string? json)
    {
        var file = Path.Combine(_models.GetFolder(model), "oneshot.json");
        File.Delete(file);
        if (json is not null)
        {
            File.WriteAllText(file, json);
        }
    }

    public void Dispose() => _data.Dispose();

    private static void Edit(string file, Action<JsonNode> edit)
    {
        var node = JsonNode.Parse(File.ReadAllText(file))!;
        edit(node);
        File.WriteAllText(file, node.ToJsonString());
    }

    // Other weights, so that it is another model by its hash.
    private static void Spoil(string file, string tensor)
    {
        var entry = SafetensorsHeader.Read(file).Tensors[tensor];
        using var stream = File.OpenWrite(file);
        stream.Position = entry.Offset;
        var value = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(value, 0.5f);
        for (var at = 0; at < Math.Min(64, entry.ByteLength / 4); at++)
        {
            stream.Write(value);
        }
    }

    private string Copy(string source, string name)
    {
        var target = Path.Combine(_data.Folder.ModelFolders, name);
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return target;
    }
}
