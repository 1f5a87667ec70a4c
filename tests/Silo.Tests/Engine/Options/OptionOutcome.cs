using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Engine;
using static TorchSharp.torch;

namespace OrleansOneShot.Silo.Tests.Engine.Options;

/// <summary>All of a run that can be seen from outside.</summary>
internal sealed class OptionOutcome : IEngineObserver
{
    private static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly List<IReadOnlyDictionary<string, float[]>> _checkpoints = [];

    /// <summary>Losses by step.</summary>
    public List<TermLosses> Losses { get; } = [];

    /// <summary>Losses by step and name.</summary>
    public List<ImmutableArray<TermLoss>> Terms { get; } = [];

    /// <summary>Steps at which checkpoints were committed.</summary>
    public List<int> CheckpointSteps { get; } = [];

    /// <summary>Steps at which previews were stored.</summary>
    public List<int> PreviewSteps { get; } = [];

    /// <summary>Hashes of masks that were made.</summary>
    public List<string> Masks { get; } = [];

    /// <summary>What the checkpoints say they depend on.</summary>
    public string? Fingerprint { get; private set; }

    /// <summary>What the run told that it depends on.</summary>
    public SettledRun? Settled { get; private set; }

    /// <summary>The manifest's part of the engine.</summary>
    public JsonObject Manifest { get; private set; } = [];

    /// <summary>metrics.json.</summary>
    public JsonNode Metrics { get; private set; } = new JsonObject();

    /// <summary>The LoRA's file by key, with its name.</summary>
    public (string Name, IReadOnlyDictionary<string, (long[] Shape, float[] Values)> Tensors) Lora { get; private set; } =
        ("plain", new Dictionary<string, (long[], float[])>());

    /// <summary>Files of learned vectors, <c>oneshot-TOKEN-NAME.safetensors</c>: token and rows.</summary>
    public IReadOnlyDictionary<string, float[]> Embeddings { get; private set; } = new Dictionary<string, float[]>();

    /// <summary>Pictures by file name.</summary>
    public IReadOnlyDictionary<string, RgbImage> Pictures { get; private set; } = new Dictionary<string, RgbImage>();

    public void Report(ProgressUpdate update)
    {
        if (update.Losses is { } losses)
        {
            Losses.Add(losses);
            Terms.Add(update.Terms);
        }
    }

    public void CommitCheckpoint(int step, string path, SettledRun? settled = null)
    {
        CheckpointSteps.Add(step);
        Settled = settled;
        Fingerprint = SafetensorsHeader.Read(path).Metadata["fingerprint"];
        _checkpoints.Add(Read(path, key => key.StartsWith("lora.", StringComparison.Ordinal)).ToDictionary(pair => pair.Key, pair => pair.Value.Values));
    }

    public void DropCheckpoint(CheckpointReference checkpoint) =>
        Assert.Fail($"Nothing was resumed, so the checkpoint of step {checkpoint.Step} can't be dropped.");

    public string StorePreview(int step, byte[] png)
    {
        PreviewSteps.Add(step);
        return FormattableString.Invariant($"preview-{step}.png");
    }

    public void StoreMask(string sha256, byte[] png) => Masks.Add(sha256);

    /// <summary>All A (or B) of the LoRA after a number of steps, one after the other.</summary>
    public float[] Weights(int step, char part) =>
        [
            .. _checkpoints[CheckpointSteps.IndexOf(step)]
                .Where(pair => pair.Key.EndsWith($"lora_{part}.weight", StringComparison.Ordinal))
                .OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .SelectMany(pair => pair.Value),
        ];

    /// <summary>Reads the result.</summary>
    public void Take(EngineResult result)
    {
        Manifest = result.Manifest;
        Metrics = JsonNode.Parse(File.ReadAllText(Path.Combine(result.Folder, "metrics.json")))!;
        var lora = Directory
            .EnumerateFiles(result.Folder, "*.safetensors")
            .SingleOrDefault(file => Path.GetFileName(file) != "pytorch_lora_weights.safetensors");
        // Of a method that trains none, the name alone.
        Lora = lora is null ? ("plain", Lora.Tensors) : (Path.GetFileNameWithoutExtension(lora), Read(lora, _ => true));
        Embeddings = Directory
            .EnumerateFiles(Path.Combine(result.Folder, "learned_embeds"))
            .ToDictionary(
                file => Path.GetFileNameWithoutExtension(file)["oneshot-".Length..^(Lora.Name.Length + 1)],
                file => Read(file, _ => true).Single().Value.Values
            );
        var samples = Path.Combine(result.Folder, "samples");
        Pictures = Directory.Exists(samples)
            ? Directory.EnumerateFiles(samples).Order(StringComparer.Ordinal).ToDictionary(file => Path.GetFileName(file), file => ImageReader.Read(file))
            : new Dictionary<string, RgbImage>();
    }

    /// <summary>The manifest's options and what else it says of the run, flat: path and JSON text.</summary>
    public IReadOnlyDictionary<string, string> Used()
    {
        var all = new Dictionary<string, string>();
        void Walk(JsonNode? node, string path)
        {
            if (node is JsonObject children)
            {
                foreach (var (name, child) in children)
                {
                    Walk(child, path.Length == 0 ? name : $"{path}.{name}");
                }
            }
            else
            {
                all[path] = node?.ToJsonString(s_plain) ?? "null";
            }
        }

        Walk(Manifest["options"], "");
        return all;
    }

    private static Dictionary<string, (long[] Shape, float[] Values)> Read(string path, Func<string, bool> wanted)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        return file
            .Keys.Where(wanted)
            .ToDictionary(
                key => key,
                key =>
                {
                    var tensor = file.Get(key);
                    return (tensor.shape, tensor.to(ScalarType.Float32).contiguous().data<float>().ToArray());
                }
            );
    }
}
