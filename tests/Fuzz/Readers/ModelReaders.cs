using System.Text;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Evaluation;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Dino;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.Fuzz.Mutators;
using OrleansOneShot.Recipe;
using static OrleansOneShot.Fuzz.Readers.AllReaders;
using static TorchSharp.torch;

namespace OrleansOneShot.Fuzz.Readers;

/// <summary>What reads the files of a model's folder.</summary>
internal static class ModelReaders
{
    private const string Solver =
        """{"_class_name":"DPMSolverMultistepScheduler","num_train_timesteps":1000,"beta_start":0.00085,"beta_end":0.012,"beta_schedule":"scaled_linear","solver_order":2,"use_karras_sigmas":true,"lambda_min_clipped":-Infinity,"final_sigmas_type":"zero","timestep_spacing":"trailing","lower_order_final":true,"euler_at_final":true}""";

    private static readonly string[] s_dinos =
    [
        """{"model_type":"vit","hidden_size":384,"num_hidden_layers":12,"num_attention_heads":6,"intermediate_size":1536,"hidden_act":"gelu","layer_norm_eps":1e-12,"image_size":224,"patch_size":16,"num_channels":3,"qkv_bias":true}""",
        """{"model_type":"dinov2","hidden_size":384,"num_hidden_layers":12,"num_attention_heads":6,"mlp_ratio":4,"image_size":518,"patch_size":14,"use_swiglu_ffn":false}""",
    ];

    private static readonly string[] s_preprocessors =
    [
        """{"feature_extractor_type":"ViTFeatureExtractor","do_resize":true,"do_normalize":true,"size":224,"resample":2,"image_mean":[0.485,0.456,0.406],"image_std":[0.229,0.224,0.225]}""",
        """{"image_processor_type":"BitImageProcessor","crop_size":{"height":224,"width":224},"do_center_crop":true,"do_resize":true,"size":{"shortest_edge":256},"resample":3,"rescale_factor":0.00392156862745098,"image_mean":[0.485,0.456,0.406],"image_std":[0.229,0.224,0.225]}""",
    ];

    private static readonly string[] s_texts =
    [
        "a photo of a <zz-top> cat",
        "",
        "\u00e9\u4e2d <|endoftext|> !!",
        "e\u0301\ud83d\ude00 \ud800 \0 \u200b",
        new string('a', 5000),
    ];

    /// <summary>The readers.</summary>
    public static IReadOnlyList<(string Kind, Func<Folders, Reader> Create)> Kinds { get; } =
    [
        ("unet-config", folders => OfConfigs("unet-config", folders, path => UNetConfig.Read(path), "unet", "config.json")),
        ("vae-config", folders => OfConfigs("vae-config", folders, path => VaeConfig.Read(path), "vae", "config.json")),
        ("text-config", folders => OfConfigs("text-config", folders, path => ClipTextConfig.Read(path), "text_encoder", "config.json")),
        ("clip-config", folders => OfConfigs("clip-config", folders, path => ClipConfig.Read(path), "clip", "config.json")),
        (
            "preprocessor",
            folders =>
                OfConfigs("preprocessor", folders, path => _ = new ClipPreprocessor(ClipPreprocessorConfig.Read(path)), "clip", "preprocessor_config.json")
        ),
        (
            "dino-config",
            folders => OfConfig("dino-config", folders.New("dino.json"), [.. s_dinos.Select(Encoding.UTF8.GetBytes)], path => DinoConfig.Read(path))
        ),
        (
            "dino-preprocessor",
            folders =>
            {
                var path = Path.Combine(Directory.CreateDirectory(folders.New("dino")).FullName, "preprocessor_config.json");
                byte[][] seeds = [.. s_preprocessors.Select(Encoding.UTF8.GetBytes)];
                return OfConfig("dino-preprocessor", path, seeds, _ => VitPreprocessorConfig.Load(Path.GetDirectoryName(path)!));
            }
        ),
        (
            "oneshot-json",
            folders =>
                OfConfig("oneshot-json", folders.New("oneshot.json"), [File.ReadAllBytes(Folders.Toy("oneshot.json"))], path => ModelDefaultsFile.Read(path))
        ),
        ("unet-sizes", folders => OfFolder("unet-sizes", folders, "unet", "unet", "config.json")),
        ("vae-sizes", folders => OfFolder("vae-sizes", folders, "vae", "vae", "config.json")),
        ("clip-sizes", folders => OfFolder("clip-sizes", folders, "clip", "clip", "config.json")),
        (
            "model-index",
            folders =>
            {
                var root = folders.Copy(Folders.Golden("sd15-tiny"), "model-index");
                var path = Path.Combine(root, "model_index.json");
                return OfConfig("model-index", path, [File.ReadAllBytes(path)], _ => ModelFolder.Open(root));
            }
        ),
        ("weight-index", WeightIndex),
        (
            "scheduler",
            folders =>
                OfConfig(
                    "scheduler",
                    folders.New("scheduler_config.json"),
                    [
                        File.ReadAllBytes(Folders.Golden("sd15-tiny", "scheduler", "scheduler_config.json")),
                        File.ReadAllBytes(Folders.Toy("scheduler", "scheduler_config.json")),
                        Encoding.UTF8.GetBytes(Solver),
                    ],
                    Schedule
                )
        ),
        ("vocabulary", folders => Tokenizer("vocabulary", folders, "vocab.json", JsonMutator.Mutate)),
        ("merges", folders => Tokenizer("merges", folders, "merges.txt", Bytes.Lines)),
        ("special-tokens", folders => Tokenizer("special-tokens", folders, "special_tokens_map.json", JsonMutator.Mutate)),
        ("prompt", Prompts),
    ];

    private static Reader OfConfig(string kind, string path, IReadOnlyList<byte[]> seeds, Action<string> read) =>
        new(kind, random => JsonMutator.Mutate(random, Bytes.Pick(random, seeds)), OnFile(path, read));

    private static Reader OfConfigs(string kind, Folders folders, Action<string> read, params string[] parts) =>
        OfConfig(kind, folders.New(kind + ".json"), [File.ReadAllBytes(Folders.Golden(["sd15-tiny", .. parts])), File.ReadAllBytes(Folders.Toy(parts))], read);

    // What a configuration within its ranges costs whoever builds from it.
    private static Reader OfFolder(string kind, Folders folders, string part, params string[] parts)
    {
        var root = folders.Copy(Folders.Golden("sd15-tiny"), kind);
        var path = Path.Combine([root, .. parts]);
        return OfConfig(
            kind,
            path,
            [File.ReadAllBytes(path)],
            _ =>
            {
                var report = ModelVerifier.Check(ModelFolder.Open(root).Parts().Single(one => one.Name == part));
                if (report.Problems.Sum(problem => problem.Length) > 10_000)
                {
                    throw new InvalidOperationException("The report is longer than anybody reads.");
                }
            }
        );
    }

    private static Reader WeightIndex(Folders folders)
    {
        var folder = Directory.CreateDirectory(folders.New("weight-index")).FullName;
        File.WriteAllBytes(Path.Combine(folder, "model-00001-of-00002.safetensors"), File.ReadAllBytes(Folders.Golden("embeds", "learned_embeds.safetensors")));
        File.WriteAllBytes(Path.Combine(folder, "model-00002-of-00002.safetensors"), TensorReaders.Small());
        var seed = """{"metadata":{"total_size":10},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""";
        return OfConfig(
            "weight-index",
            Path.Combine(folder, "model.safetensors.index.json"),
            [Encoding.UTF8.GetBytes(seed)],
            _ => WeightSource.Open(folder, "text_encoder", "model").Dispose()
        );
    }

    private static void Schedule(string path)
    {
        var config = SchedulerConfig.Load(path);
        _ = new NoiseSchedule(config);
        foreach (var name in Samplers.Names.Append(SchedulerFactory.NameOf(config)))
        {
            try
            {
                using var scheduler = SchedulerFactory.Create(name, config, 5);
                var sample = randn(1, 4, 2, 2);
                for (var i = 0; i < scheduler.Timesteps.Count; i++)
                {
                    sample = scheduler.Step(scheduler.ScaleModelInput(sample, i), i, sample, scheduler.AddsNoise ? randn(1, 4, 2, 2) : null);
                }
            }
            catch (InvalidInputException)
            {
                // Some take what others don't.
            }
        }
    }

    private static Reader Tokenizer(string kind, Folders folders, string file, Func<Random, byte[], byte[]> mutate)
    {
        var folder = folders.Copy(Folders.Golden("sd15-tiny", "tokenizer"), kind);
        var path = Path.Combine(folder, file);
        var seed = File.ReadAllBytes(path);
        return new Reader(
            kind,
            random => mutate(random, seed),
            OnFile(
                path,
                _ =>
                {
                    var tokenizer = ClipTokenizer.Load(folder, 77);
                    tokenizer.AddLearnedToken("<zz-top>", 3);
                    foreach (var text in s_texts)
                    {
                        tokenizer.EncodePrompt(text);
                    }
                }
            )
        );
    }

    private static Reader Prompts(Folders folders)
    {
        var tokenizer = ClipTokenizer.Load(Folders.Golden("sd15-tiny", "tokenizer"), 77);
        tokenizer.AddLearnedToken("<cat>", 4);
        return new Reader(
            "prompt",
            Text,
            bytes =>
            {
                var text = Encoding.Unicode.GetString(bytes);
                tokenizer.EncodePrompt(text);
                tokenizer.CountTokens(text);
            }
        );

        static byte[] Text(Random random) =>
            Encoding.Unicode.GetBytes(
                string.Concat(
                    Enumerable
                        .Range(0, random.Next(1, 60))
                        .Select(_ =>
                            random.Next(8) switch
                            {
                                0 => "<cat>",
                                1 => "<cat>_1",
                                2 => ((char)random.Next(65_536)).ToString(),
                                3 => "<|endoftext|>",
                                4 => "\u0301\u0301",
                                5 => new string((char)random.Next(32, 127), random.Next(1, 300)),
                                6 => char.ConvertFromUtf32(random.Next(0x10000, 0x10FFFF)),
                                _ => " a ",
                            }
                        )
                )
            );
    }
}
