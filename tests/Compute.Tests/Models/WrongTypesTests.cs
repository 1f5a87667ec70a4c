using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Tests.Models;

/// <summary>
/// Every field of every configuration of a model with values of every kind of JSON: what can't be used is told by file and field, in words and without the
/// names of .NET.
/// </summary>
public sealed class WrongTypesTests : IDisposable
{
    private static readonly string[] s_values =
    [
        "null",
        "true",
        "1.5",
        "1000.0",
        "-3",
        "99999999999",
        "1e300",
        "\"text\"",
        "\"\"",
        "[]",
        "[null]",
        "[1.5, \"a\"]",
        "[[1]]",
        "{}",
        "{\"a\":1}",
    ];

    private static readonly Dictionary<string, Action<string>> s_readers = new()
    {
        ["unet/config.json"] = path => UNetConfig.Read(path),
        ["vae/config.json"] = path => VaeConfig.Read(path),
        ["text_encoder/config.json"] = path => ClipTextConfig.Read(path),
        ["clip/config.json"] = path => ClipConfig.Read(path),
        ["clip/preprocessor_config.json"] = path => ClipPreprocessorConfig.Read(path),
        ["scheduler/scheduler_config.json"] = path =>
        {
            var config = SchedulerConfig.Load(path);
            foreach (var name in Samplers.Names)
            {
                SchedulerFactory.Create(name, config, 5).Dispose();
            }
        },
        ["oneshot.json"] = path => ModelDefaultsFile.Read(path),
        ["tokenizer/tokenizer_config.json"] = path => ClipTokenizer.Load(Path.GetDirectoryName(path)!, 77),
        ["tokenizer/special_tokens_map.json"] = path => ClipTokenizer.Load(Path.GetDirectoryName(path)!, 77),
    };

    private readonly string _folder = TinyModel.Copy();

    public static TheoryData<string> Files => [.. s_readers.Keys];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_ValueOfAnotherType_IsToldInWords(string name)
    {
        var path = Path.Combine(_folder, name);
        var sound = File.Exists(path)
            ? JsonNode.Parse(File.ReadAllText(path))!.AsObject()
            : JsonNode
                .Parse(
                    """{"resolution":64,"learning_rate":0.001,"learning_rate_schedule":"cosine","steps":3,"vectors":2,"guidance_scale":2,"prototype":{"steps":3},"prompt_template":"a {}"}"""
                )!
                .AsObject();
        foreach (
            var field in sound
                .Select(member => member.Key)
                .Append("solver_type")
                .Append("rescale_betas_zero_snr")
                .Append("trained_betas")
                .Append("lambda_min_clipped")
                .ToList()
        )
        {
            foreach (var value in s_values)
            {
                var changed = sound.DeepClone().AsObject();
                changed[field] = JsonNode.Parse(value);
                File.WriteAllText(path, changed.ToJsonString());
                var error = Record.Exception(() => s_readers[name](path));
                Assert.True(error is null or InvalidInputException, $"{name}: {field} = {value}: {error}");
                foreach (var text in error is InvalidInputException told ? [told.Message, told.Field ?? "", told.Hint ?? ""] : Array.Empty<string>())
                {
                    Assert.False(
                        text.Contains("System.", StringComparison.Ordinal)
                            || text.Contains("`1", StringComparison.Ordinal)
                            || text.Contains("Path: $", StringComparison.Ordinal)
                            || text.Contains("Int32", StringComparison.Ordinal)
                            || text.Contains("LineNumber", StringComparison.Ordinal),
                        $"{name}: {field} = {value}: {text}"
                    );
                }
            }
        }
    }

    [Theory]
    [InlineData("scheduler/scheduler_config.json", "num_train_timesteps", "1000.0")]
    [InlineData("scheduler/scheduler_config.json", "steps_offset", "1.0")]
    [InlineData("unet/config.json", "layers_per_block", "2.0")]
    [InlineData("unet/config.json", "attention_head_dim", "4.0")]
    [InlineData("unet/config.json", "block_out_channels", "[32.0, 64.0, 64.0]")]
    [InlineData("vae/config.json", "latent_channels", "4.0")]
    [InlineData("text_encoder/config.json", "hidden_size", "32.0")]
    [InlineData("clip/preprocessor_config.json", "size", "{\"shortest_edge\": 32.0}")]
    public void Read_WholeNumberAsPythonWritesIt_IsTaken(string name, string field, string value)
    {
        var path = Path.Combine(_folder, name);
        var changed = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        changed[field] = JsonNode.Parse(value);
        File.WriteAllText(path, changed.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        s_readers[name](path);
    }

    [Fact]
    public void Read_TextForANumber_SaysWhatWasFoundAndWhatIsWanted()
    {
        var error = Assert.Throws<InvalidInputException>(() => SchedulerConfig.Parse("{\"num_train_timesteps\":\"many\"}"));
        Assert.Equal("scheduler_config.json has a value of the wrong type in num_train_timesteps: \"many\" (wanted: a whole number).", error.Message);
    }
}
