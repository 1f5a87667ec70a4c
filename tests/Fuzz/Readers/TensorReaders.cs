using System.Buffers.Binary;
using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Implantation.Methods;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Masks.Sam;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.SingleFile;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Tokens;
using OrleansOneShot.Fuzz.Mutators;
using OrleansOneShot.Recipe;
using static OrleansOneShot.Fuzz.Readers.AllReaders;
using static TorchSharp.torch;

namespace OrleansOneShot.Fuzz.Readers;

/// <summary>What reads tensors.</summary>
internal static class TensorReaders
{
    private const string Fingerprint = "fuzz";
    private static readonly string[] s_loras = ["r4-diffusers", "r4-kohya", "r4-old-lora", "r4-old-processor", "r8-diffusers", "r8-diffusers-own", "r8-kohya"];

    /// <summary>The readers.</summary>
    public static IReadOnlyList<(string Kind, Func<Folders, Reader> Create)> Kinds { get; } =
    [
        (
            "safetensors",
            folders =>
                OfFiles(
                    "safetensors",
                    folders,
                    [Small(), Embeddings(), Lora("r4-kohya")],
                    path =>
                    {
                        foreach (var tensor in SafetensorsFile.ReadAll(path).Values)
                        {
                            tensor.Dispose();
                        }
                    }
                )
        ),
        (
            "lora",
            folders =>
            {
                var (layers, text) = (
                    TinyFolder().LoadUNet(ScalarType.Float32, CPU).AdaptableLayers,
                    TinyFolder().LoadTextEncoder(ScalarType.Float32, CPU).AdaptableLayers
                );
                return OfFiles(
                    "lora",
                    folders,
                    [.. s_loras.Select(Lora), .. LoraForms()],
                    path =>
                    {
                        using var loaded = LoraFile.Read(path, layers, text);
                        using var applied = AppliedLora.Apply([
                            (layers, [.. loaded.UNet.Select(change => (change, 1.0))]),
                            (text, [.. loaded.TextEncoder.Select(change => (change, 1.0))]),
                        ]);
                    }
                );
            }
        ),
        (
            "embeddings",
            folders => OfFiles("embeddings", folders, [Embeddings(), .. EmbeddingForms()], path => LearnedEmbeddingsFile.Read(path, 32).Vectors.Dispose())
        ),
        ("sam-cache", folders => OfFiles("sam-cache", folders, [SamCache()], path => SamEmbeddingCache.Read(path))),
        ("checkpoint", Checkpoints),
        ("single-file", SingleFiles),
        (
            "weights",
            folders =>
            {
                var root = folders.Copy(Folders.Golden("sd15-tiny"), "weights");
                return OfFile(
                    "weights",
                    Path.Combine(root, "text_encoder", "model.safetensors"),
                    path => ModelFolder.Open(root).LoadTextEncoder(ScalarType.Float32, CPU).Dispose()
                );
            }
        ),
        (
            "verify",
            folders =>
            {
                var root = folders.Copy(Folders.Golden("sd15-tiny"), "verify");
                return OfFile(
                    "verify",
                    Path.Combine(root, "text_encoder", "model.safetensors"),
                    path => ModelVerifier.Check(ModelFolder.Open(root).Parts().Single(part => part.Name == "text_encoder"))
                );
            }
        ),
        ("parameter-wire", Wire),
    ];

    /// <summary>The golden model of tiny sizes.</summary>
    public static ModelFolder TinyFolder() => ModelFolder.Open(Folders.Golden("sd15-tiny"));

    /// <summary>A few tensors of several types.</summary>
    public static byte[] Small() =>
        Written(
            new Dictionary<string, Tensor>
            {
                ["a"] = ones(3, 4),
                ["b"] = ones([2], ScalarType.Int64),
                ["c"] = ones([], ScalarType.Float16),
                ["d"] = zeros(0, 3),
                ["e"] = ones([5], ScalarType.Bool),
            },
            ("format", "pt")
        );

    private static byte[] Embeddings() => File.ReadAllBytes(Folders.Golden("embeds", "learned_embeds.safetensors"));

    private static byte[] Lora(string name) => File.ReadAllBytes(Folders.Golden("lora", name, "pytorch_lora_weights.safetensors"));

    // LoCon with and without a core, LoHa, LoKr, DoRA, a whole change with its bias, and the text encoder, on layers of the tiny model.
    private static IEnumerable<byte[]> LoraForms()
    {
        const string Conv = "lora_unet_down_blocks_0_resnets_0_conv1.";
        const string Linear = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_ff_net_2.";
        const string Text = "text_encoder.text_model.encoder.layers.0.mlp.fc1.";
        var layers = TinyFolder().LoadUNet(ScalarType.Float32, CPU).AdaptableLayers;
        var (conv, linear) = (layers["down_blocks.0.resnets.0.conv1"], layers["down_blocks.0.attentions.0.transformer_blocks.0.ff.net.2"]);
        var text = TinyFolder().LoadTextEncoder(ScalarType.Float32, CPU).AdaptableLayers["text_model.encoder.layers.0.mlp.fc1"];
        yield return Written(
            new()
            {
                [Conv + "lora_down.weight"] = rand(2, conv.InFeatures, 3, 3),
                [Conv + "lora_up.weight"] = rand(conv.OutFeatures, 2, 1, 1),
                [Conv + "alpha"] = ones([]),
            }
        );
        yield return Written(
            new()
            {
                [Conv + "lora_down.weight"] = rand(2, conv.InFeatures, 1, 1),
                [Conv + "lora_mid.weight"] = rand(2, 2, 3, 3),
                [Conv + "lora_up.weight"] = rand(conv.OutFeatures, 2, 1, 1),
                [Linear + "lora_down.weight"] = rand(2, linear.InFeatures),
                [Linear + "lora_up.weight"] = rand(linear.OutFeatures, 2),
                [Linear + "dora_scale"] = rand(linear.OutFeatures, 1),
            }
        );
        yield return Written(
            new()
            {
                [Linear + "hada_w1_a"] = rand(linear.OutFeatures, 2),
                [Linear + "hada_w1_b"] = rand(2, linear.InFeatures),
                [Linear + "hada_w2_a"] = rand(linear.OutFeatures, 2),
                [Linear + "hada_w2_b"] = rand(2, linear.InFeatures),
                [Conv + "diff"] = rand(conv.weight.shape),
                [Conv + "diff_b"] = rand(conv.OutFeatures),
            }
        );
        yield return Written(
            new()
            {
                [Linear + "lokr_w1"] = rand(2, 2),
                [Linear + "lokr_w2_a"] = rand(linear.OutFeatures / 2, 2),
                [Linear + "lokr_w2_b"] = rand(2, linear.InFeatures / 2),
                [Linear + "alpha"] = ones([]),
            }
        );
        yield return Written(
            new() { [Text + "lora_A.default.weight"] = rand(2, text.InFeatures), [Text + "lora_B.default.weight"] = rand(text.OutFeatures, 2) }
        );
    }

    private static IEnumerable<byte[]> EmbeddingForms() =>
        [
            Written(new() { ["emb_params"] = rand(3, 32) }),
            Written(new() { ["clip_l"] = rand(2, 32), ["clip_g"] = rand(2, 48) }),
            Written(new() { ["sks"] = rand(32).to(ScalarType.Float16) }),
        ];

    private static byte[] SamCache() => Written(new Dictionary<string, Tensor> { ["image_embeddings"] = rand(1, 4, 8, 8) }, ("side", "64"));

    private static byte[] Written(Dictionary<string, Tensor> tensors, params (string Key, string Value)[] metadata)
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, tensors, metadata.ToDictionary(pair => pair.Key, pair => pair.Value));
        return stream.ToArray();
    }

    private static Reader OfFiles(string kind, Folders folders, IReadOnlyList<byte[]> seeds, Action<string> read) =>
        new(kind, random => SafetensorsMutator.Mutate(random, Bytes.Pick(random, seeds)), OnFile(folders.New(kind + ".safetensors"), read))
        {
            IsPastMagic = SafetensorsMutator.IsPastMagic,
        };

    private static Reader OfFile(string kind, string path, Action<string> read)
    {
        var seed = File.ReadAllBytes(path);
        return new Reader(kind, random => SafetensorsMutator.Mutate(random, seed), OnFile(path, read)) { IsPastMagic = SafetensorsMutator.IsPastMagic };
    }

    private static (LoraNetwork Lora, FlatParameters Tokens) Parameters()
    {
        var lora = LoraNetwork.Create(TinyFolder().LoadUNet(ScalarType.Float32, CPU).AdaptableLayers, new LoraSettings(1, 1), new Generator(0));
        return (lora, new FlatParameters([(IdentifierVectors.Name, [4, 32])]));
    }

    private static Reader Checkpoints(Folders folders)
    {
        var (lora, tokens) = Parameters();
        var objective = new Objective(null!, null!, null, null!, null!, new ObjectiveOptions());
        var trainer = new Trainer(
            objective,
            (_, _) => null!,
            [new ParameterGroup(LoraParts.GroupName, lora.Parameters, 1e-4), new ParameterGroup(IdentifierVectors.Name, tokens, 1e-4)],
            tokens[IdentifierVectors.Name],
            0.01
        );
        var path = folders.New("seed.safetensors");
        var curves = new LossCurves();
        for (var i = 0; i < 4; i++)
        {
            curves.Add(new StepLosses(objective.LossNames, [1, 2, 3]));
        }

        Checkpoint.Write(path, Fingerprint, trainer, curves, [new PrototypeCurve([1.0, 2.0], 1)], new FanOutDecision { Asked = "auto", Reason = "fuzz" });
        return OfFiles(
            "checkpoint",
            folders,
            [File.ReadAllBytes(path)],
            file =>
            {
                using var before = cat([lora.Parameters.Values, tokens.Values, .. trainer.Optimiser.Means, .. trainer.Optimiser.Variances]);
                try
                {
                    Checkpoint.Read(file, Fingerprint, trainer, new LossCurves());
                }
                catch (Compute.InvalidInputException)
                {
                    using var after = cat([lora.Parameters.Values, tokens.Values, .. trainer.Optimiser.Means, .. trainer.Optimiser.Variances]);
                    if (!before.bytes.SequenceEqual(after.bytes))
                    {
                        throw new InvalidOperationException("A checkpoint was refused after part of it had been taken.");
                    }

                    throw;
                }
            }
        );
    }

    private static Reader SingleFiles(Folders folders)
    {
        var first = new Dictionary<string, Tensor>
        {
            ["model.diffusion_model.input_blocks.0.0.weight"] = zeros(320, 4, 3, 3),
            ["model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"] = zeros(320, 768),
            ["model.diffusion_model.out.2.weight"] = zeros(4, 4, 3, 3),
            ["first_stage_model.encoder.conv_in.weight"] = zeros(4, 4, 3, 3),
            ["first_stage_model.decoder.conv_in.weight"] = zeros(4, 4, 3, 3),
            ["cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"] = zeros(4, 4),
            ["cond_stage_model.transformer.text_model.final_layer_norm.weight"] = zeros(4),
        };
        var second = first.ToDictionary(
            pair => pair.Key.Replace("cond_stage_model.transformer.", "cond_stage_model.model.", StringComparison.Ordinal),
            pair => pair.Value
        );
        second["cond_stage_model.model.transformer.resblocks.0.attn.in_proj_weight"] = zeros(12, 4);
        second["model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"] = zeros(320, 1024);
        var target = folders.New("converted");
        return OfFiles(
            "single-file",
            folders,
            [Written(first, ("format", "pt")), Written(second, ("modelspec.prediction_type", "v"))],
            path =>
            {
                SingleFileCheckpoint.Check(path);
                if (new FileInfo(path).Length % 8 != 0)
                {
                    return; // each conversion writes a tokenizer: some are enough
                }

                try
                {
                    SingleFileCheckpoint.Convert(path, target);
                }
                finally
                {
                    if (Directory.Exists(target))
                    {
                        Directory.Delete(target, recursive: true);
                    }
                }
            }
        );
    }

    private static Reader Wire(Folders folders)
    {
        var (lora, tokens) = Parameters();
        var optimiser = new FlatAdamW([lora.Parameters, tokens], 1e-4);
        var wire = new ParameterWire([lora.Parameters, tokens], ScalarType.Float32);
        var state = wire.PackState(optimiser, 2);
        byte[] Changed(Random random)
        {
            var bytes = random.Next(6) switch
            {
                0 => state[..random.Next(state.Length)],
                1 => [.. state, .. new byte[random.Next(1, 9)]],
                2 => wire.PackWeights(),
                _ => Bytes.Flip(random, state, 100),
            };
            if (bytes.Length == state.Length && random.Next(2) == 0)
            {
                long[] odd = [-1, 0, 1, long.MaxValue, long.MinValue, int.MaxValue + 1L];
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(bytes.Length - (8 * random.Next(1, 3))), Bytes.Pick(random, odd));
            }

            return bytes;
        }

        return new Reader(
            "parameter-wire",
            Changed,
            bytes =>
            {
                if (bytes.Length < wire.StateBytes)
                {
                    wire.UnpackWeights(bytes);
                    wire.AddGradients(bytes);
                }
                else
                {
                    wire.UnpackState(bytes, optimiser);
                    wire.AverageStates([state, bytes], optimiser);
                }
            }
        );
    }
}
