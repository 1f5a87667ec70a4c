using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Models;

public sealed class VaeGoldenTests : IDisposable
{
    private static readonly Dictionary<string, Tensor> Goldens = Golden.ReadTo(TestDevice.Device, "modules", "modules.safetensors");
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
        string[] hooked = [.. Goldens.Keys.Where(k => k.StartsWith($"{prefix}hook.", StringComparison.Ordinal)).Select(k => k[$"{prefix}hook.".Length..])];
        foreach (var name in hooked)
        {
            hooks.Attach(name);
        }

        var posterior = _vae.Encode(Goldens[$"{prefix}image"]);
        var sample = posterior.Sample(Goldens[$"{prefix}noise"]);
        var decoded = _vae.Decode(Goldens[$"{prefix}decode_latents"].Div(_vae.Config.ScalingFactor));

        Golden.AssertClose(posterior.Mean, Goldens[$"{prefix}mean"], 1e-5, $"{prefix}mean");
        Golden.AssertClose(posterior.LogVariance, Goldens[$"{prefix}logvar"], 1e-5, $"{prefix}logvar");
        Golden.AssertClose(sample, Goldens[$"{prefix}sample"], 1e-5, $"{prefix}sample");
        Golden.AssertClose(sample.Mul(_vae.Config.ScalingFactor), Goldens[$"{prefix}latents"], 1e-5, $"{prefix}latents");
        Golden.AssertClose(decoded, Goldens[$"{prefix}decode_image"], 1e-5, $"{prefix}decode_image");
        foreach (var name in hooked)
        {
            Golden.AssertClose(hooks.Outputs[name], Goldens[$"{prefix}hook.{name}"], 1e-5, $"{prefix}hook.{name}");
        }
    }

    [Fact]
    public void Encode_BFloat16Weights_IsCloseToFloat32()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var half = TinyModel.Open().LoadVae(ScalarType.BFloat16, TestDevice.Device);

        Golden.AssertClose(half.Encode(Goldens["vae.square.image"]).Mean, Goldens["vae.square.mean"], 0.1, "bf16 vae.square.mean");
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
        _vae.Encode(Goldens["vae.square.image"]).Dispose();
        _vae.Decode(Goldens["vae.square.decode_latents"]).Dispose();

        Assert.Equal(before, scope.DisposablesCount);
    }
}
