using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Tests.Implantation;

/// <summary>
/// A run that goes on, or a worker for another one, with other configuration files than those that it began with would compute something else, though the
/// weights are the same.
/// </summary>
public sealed class ConfigurationTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-configuration-").FullName;

    private string Model => Path.Combine(_root, "model");

    private static ImplantationOptions Options =>
        new()
        {
            Name = "cat",
            Seed = 3,
            Steps = 2,
            Resolution = 64,
            CheckpointEvery = 1,
            Precision = Precision.Fp32,
            Device = "cpu",
            UsePrototype = false,
            SamplesPerPrompt = 0,
            FanOut = FanOutMode.Local,
        };

    private static ImplantationInputs Inputs =>
        new(File.ReadAllBytes(Repository.Sample("cat.png")), [new ImplantationObject("cat", "<cat>", File.ReadAllBytes(Repository.Sample("cat-mask.png")))]);

    [Theory]
    [InlineData("scheduler/scheduler_config.json", "\"beta_end\": 0.012", "\"beta_end\": 0.013")]
    [InlineData("vae/config.json", "\"sample_size\": 128", "\"sample_size\": 128, \"scaling_factor\": 0.2")]
    [InlineData("clip/preprocessor_config.json", "0.48145466", "0.48145467")]
    public void Execute_AConfigurationHasChangedSince_IsRefusedUntilItIsBack(string file, string before, string after)
    {
        Copy();
        var first = Begin();
        var sound = File.ReadAllText(Path.Combine(Model, file));
        Assert.Contains(before, sound, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(Model, file), sound.Replace(before, after, StringComparison.Ordinal));

        foreach (var (settled, checkpoint) in new[] { (null, first.Checkpoint), (first.Settlement, first.Checkpoint), (first.Settlement, null) })
        {
            var error = Assert.Throws<InvalidInputException>(() => Execute(settled, checkpoint, new RecordingObserver(_root)));
            Assert.Equal("model", error.Field);
            Assert.Equal(
                "The configuration files of the model model (those of its parts, scheduler, tokenizer and CLIP) are not those that this job began "
                    + "with, so the rest of it would not fit.",
                error.Message
            );
        }

        File.WriteAllText(Path.Combine(Model, file), sound);
        var again = new RecordingObserver(_root);
        Execute(first.Settlement, first.Checkpoint, again);
        Assert.Equal(first.Settlement, again.Settlement);
    }

    [Fact]
    public void Execute_ACheckpointOfAnEarlierVersion_IsTakenUpAndSettlesWhatItFinds()
    {
        Copy();
        var first = Begin();
        var (tensors, metadata) = (
            SafetensorsFile.ReadAll(first.Checkpoint!),
            new Dictionary<string, string>(SafetensorsFile.Open(first.Checkpoint!).Header.Metadata)
        );
        Assert.True(metadata.Remove("configuration"));
        SafetensorsWriter.Write(first.Checkpoint!, tensors, metadata);

        var again = new RecordingObserver(_root);
        Execute(first.Settlement! with { ConfigurationHash = null }, first.Checkpoint, again);

        Assert.Single(again.Losses);
        Assert.Equal(first.Settlement, again.Settlement);
    }

    [Fact]
    public void ConfigurationHash_AnyFileThatIsRead_MattersAndWhereTheFolderLiesDoesNot()
    {
        Copy();
        var hash = ModelFolder.Open(Model).ConfigurationHash();
        Assert.Equal(ModelFolder.Open(Golden.PathOf("sd15-tiny")).ConfigurationHash(), hash);
        var seen = new HashSet<string> { hash };
        foreach (
            var file in (string[])
                [
                    "unet/config.json",
                    "vae/config.json",
                    "text_encoder/config.json",
                    "clip/config.json",
                    "clip/preprocessor_config.json",
                    "scheduler/scheduler_config.json",
                    "tokenizer/vocab.json",
                    "tokenizer/merges.txt",
                ]
        )
        {
            File.AppendAllText(Path.Combine(Model, file), "\n");
            Assert.True(seen.Add(ModelFolder.Open(Model).ConfigurationHash()), file);
        }

        foreach (var file in (string[])["tokenizer/special_tokens_map.json", "tokenizer/tokenizer_config.json", "oneshot.json"])
        {
            File.WriteAllText(Path.Combine(Model, file), "{}");
            Assert.True(seen.Add(ModelFolder.Open(Model).ConfigurationHash()), file);
        }

        File.AppendAllText(Path.Combine(Model, "README.md"), "notes");
        Assert.False(seen.Add(ModelFolder.Open(Model).ConfigurationHash()));
    }

    [Fact]
    public void Open_AWorkerWithAnotherConfiguration_HasAnotherFingerprint()
    {
        Copy();
        using var same = TermWorker.Open(ModelFolder.Open(Model), Inputs, Options);
        using var original = TermWorker.Open(ModelFolder.Open(Golden.PathOf("sd15-tiny")), Inputs, Options);
        Assert.Equal(original.Fingerprint, same.Fingerprint);
        var file = Path.Combine(Model, "scheduler", "scheduler_config.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("0.012", "0.013", StringComparison.Ordinal));

        using var other = TermWorker.Open(ModelFolder.Open(Model), Inputs, Options);

        Assert.NotEqual(original.Fingerprint, other.Fingerprint);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private RecordingObserver Begin()
    {
        var observer = new RecordingObserver(_root)
        {
            AfterStep = step =>
            {
                if (step == 2)
                {
                    throw new InvalidOperationException("killed");
                }
            },
        };
        Assert.Throws<InvalidOperationException>(() => Execute(null, null, observer));
        Assert.Equal(1, observer.CheckpointStep);
        Assert.NotNull(observer.Settlement?.ConfigurationHash);
        return observer;
    }

    private void Execute(RunSettlement? settled, string? checkpoint, RecordingObserver observer)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, Guid.NewGuid().ToString("N"))).FullName;
        new ImplantationRun(ModelFolder.Open(Model), Inputs, Options, observer) { Settled = settled }.Execute(
            folder,
            checkpoint,
            TestContext.Current.CancellationToken
        );
    }

    private void Copy()
    {
        foreach (var file in Directory.EnumerateFiles(Golden.PathOf("sd15-tiny"), "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(Model, Path.GetRelativePath(Golden.PathOf("sd15-tiny"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
