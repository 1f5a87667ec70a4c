using System.Globalization;
using System.Security.Cryptography;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Lora;

public sealed class LoraFileTests : IDisposable
{
    private static readonly ModelSpec s_spec = new()
    {
        Title = "my cat",
        Resolution = 512,
        BaseModel = "stable-diffusion-v1-5",
        TriggerPhrase = "<cat>",
        License = "MIT",
    };
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-lora-");

    private string FilePath => Path.Combine(_folder.FullName, "x.safetensors");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void WriteKohya_ThenRead_GivesTheSameBitsAndAlphas()
    {
        var layers = Linears.Small();
        using var network = LoraNetworkTests.RandomNetwork(layers, 1, rank: 3, alpha: 1.5);
        LoraFile.WriteKohya(FilePath, network, s_spec);
        using var loaded = LoraFile.Read(FilePath, layers);
        using var read = loaded.ToNetwork();
        Assert.Equal(LoraFileForm.Kohya, loaded.Form);
        Assert.Empty(loaded.Warnings);
        Assert.Equal(network.Parameters.Names, read.Parameters.Names);
        Assert.Equal(network.Parameters.Values.bytes.ToArray(), read.Parameters.Values.bytes.ToArray());
        Assert.All(read.Adapters, a => Assert.Equal(0.5, a.Scale));
    }

    [Fact]
    public void WriteKohya_StableDiffusion15_HasTheKohyaNamesAndNothingElse()
    {
        var (layers, names) = Linears.StableDiffusion15();
        using var generator = new Generator(0);
        using var network = LoraNetwork.Create(layers, new LoraSettings(), generator);
        LoraFile.WriteKohya(FilePath, network, s_spec);
        var header = SafetensorsHeader.Read(FilePath);
        var expected = names.Values.SelectMany(n => new[] { n + ".lora_down.weight", n + ".lora_up.weight", n + ".alpha" }).Order(StringComparer.Ordinal);
        Assert.Equal(expected, header.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Empty(header.Tensors[names.Values.First() + ".alpha"].Shape);
    }

    [Fact]
    public void WriteKohya_Metadata_AreThoseThatOtherToolsRead()
    {
        // Large enough to reach beyond the first megabyte, where the legacy hash is taken.
        var layers = Linears.Small(width: 2048);
        using var network = LoraNetworkTests.RandomNetwork(layers, 1, rank: 6, alpha: 2.5);
        LoraFile.WriteKohya(FilePath, network, s_spec);
        var header = SafetensorsHeader.Read(FilePath);
        var bytes = File.ReadAllBytes(FilePath);
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan((int)header.DataOffset)));
        var expected = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = "pt",
            ["modelspec.architecture"] = "stable-diffusion-v1/lora",
            ["modelspec.hash_sha256"] = "0x" + hash,
            ["modelspec.implementation"] = "https://github.com/Stability-AI/generative-models",
            ["modelspec.license"] = "MIT",
            ["modelspec.prediction_type"] = "epsilon",
            ["modelspec.resolution"] = "512x512",
            ["modelspec.sai_model_spec"] = "1.0.1",
            ["modelspec.title"] = "my cat",
            ["modelspec.trigger_phrase"] = "<cat>",
            ["ss_base_model_version"] = "sd_v1",
            ["ss_clip_skip"] = "None",
            ["ss_network_alpha"] = "2.5",
            ["ss_network_args"] = "{}",
            ["ss_network_dim"] = "6",
            ["ss_network_module"] = "networks.lora",
            ["ss_output_name"] = "my cat",
            ["ss_sd_model_name"] = "stable-diffusion-v1-5",
            ["ss_v2"] = "False",
            ["sshs_legacy_hash"] = Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(0x100000, Math.Min(0x10000, bytes.Length - 0x100000))))[..8],
            ["sshs_model_hash"] = hash,
        };
        Assert.Equal(expected, new SortedDictionary<string, string>(header.Metadata.ToDictionary(), StringComparer.Ordinal));
    }

    [Fact]
    public void WriteKohya_WordsAndThumbnail_LieWhereWebInterfacesLook()
    {
        var layers = Linears.Small();
        using var network = LoraNetworkTests.RandomNetwork(layers, 1);
        LoraFile.WriteKohya(FilePath, network, s_spec);
        var before = SafetensorsHeader.Read(FilePath).Metadata;
        Assert.DoesNotContain(before.Keys, key => key is "ss_tag_frequency" or "ssmd_cover_images" or "modelspec.thumbnail");

        const string Thumbnail = "data:image/jpeg;base64,/9j/4AA+";
        LoraFile.WriteKohya(FilePath, network, s_spec with { Words = ["oneshot-cat", "oneshot-dog"], Thumbnail = Thumbnail });

        var metadata = SafetensorsHeader.Read(FilePath).Metadata;
        Assert.Equal("""{"oneshot":{"oneshot-cat":1,"oneshot-dog":1}}""", metadata["ss_tag_frequency"]);
        Assert.Equal(Thumbnail, metadata["modelspec.thumbnail"]);
        Assert.Equal("""["/9j/4AA+"]""", metadata["ssmd_cover_images"]);
        Assert.Equal(before["modelspec.hash_sha256"], metadata["modelspec.hash_sha256"]);
        Assert.Equal(before["sshs_model_hash"], metadata["sshs_model_hash"]);
    }

    [Fact]
    public void WritePeft_ThenRead_HasTheScaleInB()
    {
        using var scope = NewDisposeScope();
        var layers = Linears.Small();
        using var network = LoraNetworkTests.RandomNetwork(layers, 1, rank: 4, alpha: 1);
        LoraFile.WritePeft(FilePath, network, s_spec);
        var header = SafetensorsHeader.Read(FilePath);
        Assert.All(header.Tensors.Keys, k => Assert.Matches(@"^unet\..*\.lora_[AB]\.weight$", k));
        Assert.DoesNotContain(header.Metadata.Keys, k => k.StartsWith("ss", StringComparison.Ordinal));
        using var loaded = LoraFile.Read(FilePath, layers);
        using var read = loaded.ToNetwork();
        Assert.Equal(LoraFileForm.Peft, loaded.Form);
        foreach (var adapter in read.Adapters)
        {
            Assert.Equal(1, adapter.Scale);
            Assert.Equal(0, Golden.Deviation(adapter.WeightChange(1), network.Find(adapter.Module)!.WeightChange(1)));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Write_TheSameLoraTwice_GivesTheSameBytes(bool kohya)
    {
        var layers = Linears.Small();
        byte[] Written()
        {
            using var network = LoraNetworkTests.RandomNetwork(layers, 5);
            (kohya ? (Action<string, LoraNetwork, ModelSpec>)LoraFile.WriteKohya : LoraFile.WritePeft)(FilePath, network, s_spec);
            return File.ReadAllBytes(FilePath);
        }

        Assert.Equal(Written(), Written());
    }

    [Fact]
    public void Read_TextEncoderTensors_AreLeftOutWithAWarning()
    {
        using var scope = NewDisposeScope();
        var layers = Linears.Small();
        var tensors = Kohya(layers.Keys.First(), zeros(2, 8), zeros(8, 2));
        tensors["lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight"] = zeros(2, 8);
        SafetensorsWriter.Write(FilePath, tensors);
        using var loaded = LoraFile.Read(FilePath, layers);
        using var read = loaded.ToNetwork();
        Assert.Single(read.Adapters);
        Assert.Contains("text encoder", Assert.Single(loaded.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BundledEmbedding_IsLeftOutWithAWarning()
    {
        using var scope = NewDisposeScope();
        var layers = Linears.Small();
        var tensors = Kohya(layers.Keys.First(), zeros(2, 8), zeros(8, 2));
        tensors["bundle_emb.easynegative.string_to_param.*"] = zeros(2, 8);
        SafetensorsWriter.Write(FilePath, tensors);
        using var loaded = LoraFile.Read(FilePath, layers);
        Assert.Single(loaded.UNet);
        Assert.Contains("learned tokens (easynegative)", Assert.Single(loaded.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(LoraSettings.MaximumRank + 1)]
    public void Read_RankOutOfRange_IsRefused(int rank)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(FilePath, Kohya(Linears.Small().Keys.First(), zeros(rank, 8), zeros(8, rank)));
        Refused($"has the rank {rank}; it must be from 1 to {LoraSettings.MaximumRank}");
    }

    [Fact]
    public void Read_TextEncoderAlone_IsRefused()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(FilePath, new Dictionary<string, Tensor> { ["lora_te_x.lora_down.weight"] = zeros(2, 8) });
        Refused("text encoder alone");
    }

    [Fact]
    public void Read_FileWithManyFaults_ListsThemAll()
    {
        using var scope = NewDisposeScope();
        var layers = Linears.Small();
        var keys = layers.Keys.ToArray();
        var tensors = Kohya(keys[0], zeros(2, 9), zeros(8, 2));
        tensors["lora_unet_mid_block_x.lora_down.weight"] = zeros(2, 8);
        tensors["surplus"] = zeros(1);
        tensors[$"lora_unet_{keys[1].Replace('.', '_')}.lora_down.weight"] = zeros(2, 8);
        tensors[$"unet.{keys[2]}.lora_A.weight"] = zeros(2, 8);
        SafetensorsWriter.Write(FilePath, tensors);
        Refused(
            $"{keys[0]} has A [2, 9]",
            "the UNet has no layer mid_block_x",
            "surplus is no key",
            $"{keys[1]} lacks its up (B)",
            $"{keys[2]} lacks its up (B)"
        );
    }

    [Fact]
    public void Read_ValueThatIsNotFinite_IsRefused()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(FilePath, Kohya(Linears.Small().Keys.First(), TensorMath.Full([2, 8], double.NaN), zeros(8, 2)));
        Refused("not finite");
    }

    [Fact]
    public void Read_AlphaThatIsNotFinite_IsRefused()
    {
        using var scope = NewDisposeScope();
        var module = Linears.Small().Keys.First();
        var tensors = Kohya(module, zeros(2, 8), zeros(8, 2));
        tensors[$"lora_unet_{module.Replace('.', '_')}.alpha"] = tensor(float.PositiveInfinity);
        SafetensorsWriter.Write(FilePath, tensors);
        Refused("no finite number");
    }

    [Fact]
    public void Read_NoLora_IsRefused()
    {
        SafetensorsWriter.Write(FilePath, new Dictionary<string, Tensor>());
        Refused("holds no LoRA");
    }

    [Theory]
    [InlineData("""{"unet.r": 2, "unet.lora_alpha": 6}""", 3)]
    [InlineData("""{"unet.r": 2, "unet.lora_alpha": 6, "unet.alpha_pattern": {"attn1.to_q": 1}}""", 0.5)]
    [InlineData("""{"unet.r": 2, "unet.lora_alpha": 6, "unet.use_rslora": true}""", 4.242640687119285)]
    [InlineData("""{"text_encoder.lora_alpha": 6}""", 1)]
    public void Read_AlphaInTheHeader_IsUsed(string json, double scale)
    {
        using var scope = NewDisposeScope();
        var layers = Linears.Small();
        WriteDiffusers(layers.Keys.First(), json);
        using var read = LoraFile.ReadNetwork(FilePath, layers);
        Assert.Equal(scale.ToString("F6", CultureInfo.InvariantCulture), read.Adapters[0].Scale.ToString("F6", CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("[]", "lora_adapter_metadata")]
    [InlineData("{", "lora_adapter_metadata")]
    [InlineData("""{"unet.lora_alpha": "6"}""", "lora_adapter_metadata")]
    [InlineData("""{"unet.lora_alpha": 6, "unet.use_dora": true}""", "says that it is a DoRA and has no lora_magnitude_vector")]
    public void Read_HeaderThatIsNotPefts_IsRefused(string json, string expected)
    {
        using var scope = NewDisposeScope();
        WriteDiffusers(Linears.Small().Keys.First(), json);
        Refused(expected);
    }

    [Fact]
    public void Read_Float16Bfloat16AndFloat64_BecomeFloat32()
    {
        using var scope = NewDisposeScope();
        var layers = Linears.Small();
        SafetensorsWriter.Write(
            FilePath,
            Kohya(layers.Keys.First(), TensorMath.Full([2, 8], 0.5).to(ScalarType.Float16), TensorMath.Full([8, 2], 0.25).to(ScalarType.BFloat16))
        );
        using var read = LoraFile.ReadNetwork(FilePath, layers);
        Assert.Equal(0.5f, read.Adapters[0].A[0, 0].item<float>());
        Assert.Equal(0.25f, read.Adapters[0].B[0, 0].item<float>());
    }

    private static Dictionary<string, Tensor> Kohya(string module, Tensor a, Tensor b)
    {
        var name = "lora_unet_" + module.Replace('.', '_');
        return new Dictionary<string, Tensor> { [name + ".lora_down.weight"] = a, [name + ".lora_up.weight"] = b };
    }

    private void WriteDiffusers(string module, string json) =>
        SafetensorsWriter.Write(
            FilePath,
            new Dictionary<string, Tensor> { [$"unet.{module}.lora.down.weight"] = zeros(2, 8), [$"unet.{module}.lora.up.weight"] = zeros(8, 2) },
            new Dictionary<string, string> { ["lora_adapter_metadata"] = json }
        );

    private void Refused(params string[] expected)
    {
        var error = Assert.Throws<InvalidInputException>(() => LoraFile.Read(FilePath, Linears.Small()));
        Assert.All(expected, e => Assert.Contains(e, error.Message, StringComparison.Ordinal));
        Assert.Contains("x.safetensors", error.Message, StringComparison.Ordinal);
    }
}
