using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.UNet;

/// <summary>
/// Sinusoids of the timestep (diffusers' <c>Timesteps</c>, <c>get_timestep_embedding</c>). Always float32: in bfloat16 timesteps above 256 would run
/// together.
/// </summary>
internal sealed class TimestepProjection : Module<Tensor, Tensor>
{
    private const double MaximumPeriod = 10000;
    private readonly long _size;
    private readonly bool _cosineFirst;
    private readonly double _frequencyShift;

    /// <summary>Creates the layer; it has no parameters.</summary>
    /// <param name="size">Size of the result's last dimension, even.</param>
    /// <param name="cosineFirst">Whether the cosines come in front of the sines (<c>flip_sin_to_cos</c>).</param>
    /// <param name="frequencyShift"><c>freq_shift</c>; 0 for Stable Diffusion.</param>
    public TimestepProjection(long size, bool cosineFirst, double frequencyShift)
        : base(nameof(TimestepProjection))
    {
        _size = size;
        _cosineFirst = cosineFirst;
        _frequencyShift = frequencyShift;
        RegisterComponents();
    }

    /// <summary>Timesteps (B), whole or fractional -> (B, size) float32.</summary>
    public override Tensor forward(Tensor timesteps)
    {
        using var scope = NewDisposeScope();
        var half = _size / 2;
        var frequencies = TensorMath.Arange(half, ScalarType.Float32, timesteps.device).Mul(-Math.Log(MaximumPeriod) / (half - _frequencyShift)).exp();
        var angles = timesteps.to(ScalarType.Float32).unsqueeze(1).mul(frequencies.unsqueeze(0)); // (B, size / 2)
        Tensor[] parts = _cosineFirst ? [angles.cos(), angles.sin()] : [angles.sin(), angles.cos()];
        return cat(parts, 1).MoveToOuterDisposeScope();
    }
}
