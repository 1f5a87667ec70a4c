using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Models.Vae;

public sealed class VaeGoldenTests : IDisposable
{
    private static readonly Dictionary<string, Tensor> s_goldens = Golden.ReadTo(TestDevice.Device, "modules", "modules.safetensors");
    private readonly AutoencoderKL _vae = TinyModel.Open().LoadVae(ScalarType.Float32, TestDevice.Device);

    public void Dispose() => _vae.Dispose();

    [Theory]
    [InlineData("square")]
    [InlineData("wide")]
    public void EncodeAndDecode_GoldenInput_AgreeWithDiffusers(string size)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var prefix = $"vae.{size}.";
        var hooks = new ModuleHooks(_vae);
        string[] hooked = [.. s_goldens.Keys.Where(k => k.StartsWith($"{prefix}hook.", StringComparison.Ordinal)).Select(k => k[$"{prefix}hook.".Length..])];
        foreach (var name in hooked)
        {
            hooks.Attach(name);
        }

        var posterior = _vae.Encode(s_goldens[$"{prefix}image"]);
        var sample = posterior.Sample(s_goldens[$"{prefix}noise"]);
        var decoded = _vae.Decode(s_goldens[$"{prefix}decode_latents"].Div(_vae.Config.ScalingFactor));

        Golden.AssertClose(posterior.Mean, s_goldens[$"{prefix}mean"], 1e-5, $"{prefix}mean");
        Golden.AssertClose(posterior.LogVariance, s_goldens[$"{prefix}logvar"], 1e-5, $"{prefix}logvar");
        Golden.AssertClose(sample, s_goldens[$"{prefix}sample"], 1e-5, $"{prefix}sample");
        Golden.AssertClose(sample.Mul(_vae.Config.ScalingFactor), s_goldens[$"{prefix}latents"], 1e-5, $"{prefix}latents");
        Golden.AssertClose(decoded, s_goldens[$"{prefix}decode_image"], 1e-5, $"{prefix}decode_image");
        foreach (var name in hooked)
        {
            Golden.AssertClose(hooks.Outputs[name], s_goldens[$"{prefix}hook.{name}"], 1e-5, $"{prefix}hook.{name}");
        }
    }

    [Fact]
    public void Encode_BFloat16Weights_IsCloseToFloat32()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var half = TinyModel.Open().LoadVae(ScalarType.BFloat16, TestDevice.Device);

        Golden.AssertClose(half.Encode(s_goldens["vae.square.image"]).Mean, s_goldens["vae.square.mean"], 0.1, "bf16 vae.square.mean");
    }

    [Fact]
    public void Encode_SizeThatTheFactorDoesNotDivide_IsRefused()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ArgumentException>(() => _vae.Encode(zeros(1, 3, 64, 60).to(TestDevice.Device)));
        Assert.Contains("multiples of 8, not [1, 3, 64, 60]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EncodeAndDecode_ManyTimes_LeaveNothingBehind()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var before = scope.DisposablesCount;
        _vae.Encode(s_goldens["vae.square.image"]).Dispose();
        _vae.Decode(s_goldens["vae.square.decode_latents"]).Dispose();

        Assert.Equal(before, scope.DisposablesCount);
    }
}
