using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Models.UNet;

public sealed class UNetGoldenTests : IDisposable
{
    private static readonly Dictionary<string, Tensor> s_goldens = Golden.ReadTo(TestDevice.Device, "modules", "modules.safetensors");
    private readonly UNet2DConditionModel _unet = TinyModel.Open().LoadUNet(ScalarType.Float32, TestDevice.Device);

    public void Dispose() => _unet.Dispose();

    [Theory]
    [InlineData("square")]
    [InlineData("wide")]
    [InlineData("odd")]
    public void Forward_GoldenInput_AgreesWithDiffusers(string size)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var prefix = $"unet.{size}.";
        var hooks = new ModuleHooks(_unet);
        string[] hooked = [.. s_goldens.Keys.Where(k => k.StartsWith($"{prefix}hook.", StringComparison.Ordinal)).Select(k => k[$"{prefix}hook.".Length..])];
        foreach (var name in hooked)
        {
            hooks.Attach(name);
        }

        var output = _unet.call(s_goldens[$"{prefix}sample"], s_goldens[$"{prefix}timestep"], s_goldens[$"{prefix}encoder_hidden_states"]);

        Golden.AssertClose(output, s_goldens[$"{prefix}out"], 1e-5, $"{prefix}out");
        foreach (var name in hooked)
        {
            Golden.AssertClose(hooks.Outputs[name], s_goldens[$"{prefix}hook.{name}"], 1e-5, $"{prefix}hook.{name}");
        }
    }

    [Fact]
    public void Forward_FractionalAndSingleTimestep_EqualsWholeOnes()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        Tensor sample = s_goldens["unet.odd.sample"],
            states = s_goldens["unet.odd.encoder_hidden_states"];
        var one = _unet.call(sample, tensor(420L).to(TestDevice.Device), states);
        var each = _unet.call(sample, tensor((float[])[420f, 420f]).to(TestDevice.Device), states);
        var between = _unet.call(sample, tensor((float[])[420.5f, 420.5f]).to(TestDevice.Device), states);

        Assert.Equal(0, Golden.Deviation(one, each));
        Assert.True(Golden.Deviation(between, each) > 1e-6);
    }

    [Fact]
    public void Forward_BFloat16Weights_IsCloseToFloat32()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var half = TinyModel.Open().LoadUNet(ScalarType.BFloat16, TestDevice.Device);
        var output = half.call(s_goldens["unet.square.sample"], s_goldens["unet.square.timestep"], s_goldens["unet.square.encoder_hidden_states"]);

        Assert.Equal(ScalarType.BFloat16, output.dtype);
        Golden.AssertClose(output, s_goldens["unet.square.out"], 0.05, "bf16 unet.square.out");
    }

    [Fact]
    public void Forward_RowsOfABatch_EqualSingleRuns()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        Tensor sample = s_goldens["unet.wide.sample"],
            step = s_goldens["unet.wide.timestep"],
            states = s_goldens["unet.wide.encoder_hidden_states"];
        var second = _unet.call(sample.narrow(0, 1, 1), step.narrow(0, 1, 1), states.narrow(0, 1, 1));

        Golden.AssertClose(second, s_goldens["unet.wide.out"].narrow(0, 1, 1), 1e-5, "unet.wide.out, row 1 alone");
    }

    [Fact]
    public void Forward_TextStatesOfAnotherWidth_IsRefused()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ArgumentException>(() =>
            _unet.call(zeros(1, 4, 8, 8).to(TestDevice.Device), tensor(1L).to(TestDevice.Device), zeros(1, 77, 16).to(TestDevice.Device))
        );
        Assert.Contains("(1, M, 32), not [1, 77, 16]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Forward_ManyTimes_LeavesNothingBehind()
    {
        using var scope = NewDisposeScope();
        Tensor sample = s_goldens["unet.square.sample"],
            step = s_goldens["unet.square.timestep"],
            states = s_goldens["unet.square.encoder_hidden_states"];
        _unet.call(sample, step, states).Dispose();
        var before = scope.DisposablesCount;
        _unet.call(sample, step, states).Dispose();
        using (no_grad())
        {
            _unet.call(sample, step, states).Dispose();
        }

        Assert.Equal(before, scope.DisposablesCount);
    }

    [Fact]
    public void AdaptableLayers_TinyUNet_HoldTheGoldensModulesInOrder()
    {
        using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Golden.PathOf("lora", "lora.json")));
        string[] expected = [.. json.RootElement.GetProperty("r4").GetProperty("modules").EnumerateArray().Select(m => m.GetString()!)];

        Assert.Equal(expected, _unet.AdaptableLayers.Keys.Where(name => LoraTargetModules.Attention.Includes(name)));
        Assert.All(_unet.AdaptableLayers.Values, layer => Assert.False(layer.weight.requires_grad));
    }
}
