using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansOneShot.Cli.Evaluation;
using OrleansOneShot.Cli.Generation;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Fuzz.Mutators;
using OrleansOneShot.Grains.Implantations;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;
using static OrleansOneShot.Fuzz.Readers.AllReaders;

namespace OrleansOneShot.Fuzz.Readers;

/// <summary>What reads requests, results, and the records of jobs, models and processes.</summary>
internal static class JobReaders
{
    private static readonly string s_hash = new('a', 64);
    private static readonly JsonSerializerOptions s_request = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private static readonly string s_manifest =
        $$"""{"id":"j1","name":"cat","state":"succeeded","created":"2026-01-01T00:00:00+00:00","seconds":1.5,"epoch":1,"seed":1,"files":[{"path":"cat.safetensors","bytes":12,"sha256":"{{s_hash}}","stored":"epochs/1/result/cat.safetensors"},{"path":"samples/a.png","bytes":3,"sha256":"{{s_hash}}"}],"metrics":{"ia":0.5,"ta":0.1,"objects":[{"token":"<cat>","class":"cat"}]},"warnings":["w"]}""";

    private static readonly string s_published =
        $$"""{"id":"j1","name":"cat","state":"succeeded","created":"2026-01-01T00:00:00+00:00","started":"2026-01-01T00:00:01+00:00","finished":"2026-01-01T00:01:00+00:00","seconds":1.5,"epoch":1,"seed":1,"options":{"steps":3,"precision":"fp32"},"files":[{"path":"cat.safetensors","bytes":12,"sha256":"{{s_hash}}","stored":"epochs/1/result/cat.safetensors"},{"path":"request.json","bytes":3,"sha256":"{{s_hash}}","stored":"epochs/1/result/request.json"}],"metrics":{"ia":0.5,"ta":0.1,"objects":[{"token":"<cat>","class":"cat"}]},"warnings":["w"]}""";

    private static readonly string s_progress =
        """{"seq":3,"time":"2026-01-01T00:00:00+00:00","stage":"training","step":3,"steps":30,"losses":{"global":0.1,"object":0.2,"class":"NaN"},"epoch":1,"step_seconds":0.1,"message":"hi"}""";

    private static readonly string s_listing =
        $$$"""[{"type":"directory","path":"unet"},{"type":"file","path":"unet/config.json","size":12,"oid":"{{{new string('b', 40)}}}"},{"type":"file","path":"unet/diffusion_pytorch_model.safetensors","size":3,"oid":"{{{new string('c', 40)}}}","lfs":{"oid":"{{{s_hash}}}","size":99}}]""";

    private static readonly byte[][] s_promptFiles =
    [
        "a cat\na <dog-2>\n"u8.ToArray(),
        "a.png\ta cat\nb.png\ta dog\n"u8.ToArray(),
        "{\"image\":\"a.png\",\"prompt\":\"a cat\"}\n{\"image\":\"b.png\",\"prompt\":\"a dog\"}\n"u8.ToArray(),
    ];

    /// <summary>The readers.</summary>
    public static IReadOnlyList<(string Kind, Func<Folders, Reader> Create)> Kinds { get; } =
    [
        ("request", _ => OfJson("request", Request(), Submit)),
        (
            "request-file",
            folders =>
            {
                var folder = Directory.CreateDirectory(folders.New("implantation")).FullName;
                File.WriteAllBytes(Path.Combine(folder, "cat.safetensors"), TensorReaders.Small());
                return OfJson(
                    "request-file",
                    Request(),
                    OnFile(Path.Combine(folder, "request.json"), _ => PublishedImplantation.Find(folder, DataFolder.Resolve(folders.Work)).ReadModel())
                );
            }
        ),
        (
            "prompt-file",
            folders => new Reader(
                "prompt-file",
                random => Bytes.Lines(random, Bytes.Pick(random, s_promptFiles)),
                OnFile(folders.New("prompts.txt"), path => PromptFile.Read(path, ["a.png", "b.png"]))
            )
        ),
        ("manifest", _ => OfJson("manifest", s_manifest, Publish) with { AlsoDocuments = error => error is InvalidDataException }),
        ("progress", _ => OfJson("progress", s_progress, bytes => ProgressJson.FromLine(Encoding.UTF8.GetString(bytes)))),
        (
            "fan-out",
            folders =>
                OfJson(
                    "fan-out",
                    new FanOutDecision
                    {
                        Asked = "auto",
                        Reason = "x",
                        Evaluation = TermEvaluation.Rounds,
                        Period = 2,
                        Participants = 2,
                    }.ToText(),
                    bytes =>
                    {
                        var decision = FanOutDecision.FromText(Encoding.UTF8.GetString(bytes));
                        _ = decision.Name;
                        decision.Describe().ToJsonString();
                    }
                )
        ),
        ("worker-brief", _ => OfJson("worker-brief", """{"Fingerprint":"f","Precision":1}""", bytes => WorkerBrief.Parse(Encoding.UTF8.GetString(bytes)))),
        (
            "owner-record",
            folders =>
            {
                var data = DataFolder.Resolve(folders.New("owner"));
                data.Create();
                return OfJson(
                    "owner-record",
                    """{"processId":12,"started":"2026-01-01T00:00:00+00:00","gatewayPort":30000,"clusterId":"c","trains":true}""",
                    OnFile(data.OwnerRecord, _ => OwnerLock.ReadRecord(data))
                );
            }
        ),
        (
            "model-catalog",
            folders =>
            {
                var data = DataFolder.Resolve(folders.New("catalog"));
                data.Create();
                return OfJson(
                    "model-catalog",
                    """{"sd15-00000000":"/models/sd15","other-11111111":"/models/other"}""",
                    OnFile(data.Models, _ => new ModelCatalog(data, Folders.Toy("..")).List())
                );
            }
        ),
        (
            "hub-reference",
            folders =>
            {
                var cache = folders.New("hub");
                var repository = Path.Combine(cache, "models--owner--name");
                Directory.CreateDirectory(Path.Combine(repository, "snapshots", "451f4fe1"));
                Directory.CreateDirectory(Path.Combine(repository, "refs"));
                string? Variable(string name) => name == "HF_HUB_CACHE" ? cache : null;
                return new Reader(
                    "hub-reference",
                    random => Bytes.Lines(random, "451f4fe1\n"u8.ToArray()),
                    OnFile(
                        Path.Combine(repository, "refs", "main"),
                        _ =>
                        {
                            HubCache.List(Variable);
                            HubCache.Find("owner/name", variable: Variable);
                        }
                    )
                );
            }
        ),
        (
            "stored-model",
            folders =>
            {
                var store = new FileArtifactStore(folders.New("store"));
                return OfJson(
                    "stored-model",
                    $$"""{"files":[{"path":"unet/config.json","bytes":12,"sha256":"{{s_hash}}"},{"path":"b","bytes":1,"sha256":"{{s_hash}}"}]}""",
                    bytes =>
                    {
                        using var content = new MemoryStream(bytes);
                        store.WriteAsync(StoredModels.ManifestPath("m"), content, WriteCondition.Any).GetAwaiter().GetResult();
                        new StoredModels(store).ReadAsync("m", CancellationToken.None).GetAwaiter().GetResult();
                    }
                );
            }
        ),
        (
            "file-listing",
            _ =>
                OfJson(
                    "file-listing",
                    s_listing,
                    bytes =>
                    {
                        foreach (var file in FileListing.FilesOf(bytes))
                        {
                            RequireInside(file.Path);
                        }
                    }
                ) with
                {
                    AlsoDocuments = error => error is UnusableJsonException or FormatException,
                }
        ),
        (
            "request-json",
            _ =>
                OfJson("request-json", RequestJson.Write(Example()), bytes => RequestJson.Read(bytes)) with
                {
                    AlsoDocuments = error => error is UnusableJsonException,
                }
        ),
        (
            "generation-json",
            _ =>
                OfJson("generation-json", RequestJson.Write(Generation()), bytes => RequestJson.ReadGeneration(bytes)) with
                {
                    AlsoDocuments = error => error is UnusableJsonException,
                }
        ),
        ("published-manifest", _ => OfJson("published-manifest", s_published, Recover) with { AlsoDocuments = error => error is InvalidDataException }),
    ];

    private static Reader OfJson(string kind, string seed, Action<byte[]> read) =>
        new(kind, random => JsonMutator.Mutate(random, Encoding.UTF8.GetBytes(seed)), read);

    private static string Request() => JsonSerializer.Serialize(Example(), s_request);

    private static ImplantationRequest Example() =>
        new()
        {
            Name = "cat",
            Image = s_hash,
            Objects =
            [
                new ObjectSpec
                {
                    Class = "cat",
                    Token = "<cat>",
                    Mask = s_hash,
                },
                new ObjectSpec
                {
                    Class = "dog",
                    Token = "<dog>",
                    Mask = s_hash,
                },
            ],
            Model = new ModelReference { Name = "toyworld-64" },
            Samples = new SampleOptions { Prompts = ["a <cat>"] },
        };

    private static GenerationRequest Generation() =>
        new()
        {
            Model = new ModelReference { Name = "toyworld-64" },
            Implantations = [new ImplantationReference { Id = "cat-1", Scale = 0.5 }],
            Prompts = ["a <cat>", "a dog"],
            Steps = 20,
        };

    // Serialisers of other kinds leave nulls where the types know none, so these are read leniently.
    private static void Submit(byte[] bytes)
    {
        ImplantationRequest? request;
        try
        {
            request = JsonSerializer.Deserialize<ImplantationRequest>(bytes, s_request);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return; // no request at all
        }

        if (request is not null)
        {
            RequestValidator.Require(request);
            ImplantationOptionsResolver.Resolve(request, s_toy.Value);
        }
    }

    private static readonly Lazy<ModelFolder> s_toy = new(() => ModelFolder.Open(Folders.Toy()));

    private static void Publish(byte[] bytes) => RequireOwn(PublishedResult.Parse("j1", bytes));

    private static void Recover(byte[] bytes)
    {
        var manifest = PublishedManifest.Read("j1", bytes);
        RequireOwn(manifest.Result);
        if (manifest.Epoch < 1 || manifest.Steps < 0 || manifest.Files.Length == 0)
        {
            throw new InvalidOperationException($"The manifest tells of epoch {manifest.Epoch}, {manifest.Steps} steps and {manifest.Files.Length} files.");
        }
    }

    private static void RequireOwn(PublishedResult result)
    {
        foreach (var file in result.Files)
        {
            RequireInside(file.Path);
            if (!file.Stored.Path.StartsWith("jobs/j1/", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"The manifest reaches {file.Stored.Path}.");
            }

            RequireInside(file.Stored.Path);
        }
    }

    private static void RequireInside(string path)
    {
        if (Path.IsPathRooted(path) || path.Split('/').Contains(".."))
        {
            throw new InvalidOperationException($"{path} leaves its folder.");
        }
    }
}
