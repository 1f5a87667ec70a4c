using System.Text.Json;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Schedulers;

/// <summary>
/// How much noise each timestep carries: betas and their running product abar, and the forward process of training. Computed in fp32 with torch's own
/// operations, as diffusers does: 1 - abar[0] keeps only four digits in fp32, and a schedule in double would differ from what the models were trained with.
/// </summary>
public sealed class NoiseSchedule
{
    private readonly float[] _betas;
    private readonly float[] _alphasCumprod;

    // Where zero terminal SNR makes the last abar 0, samplers that divide by it take this: the smallest number of half precision.
    private const float LeastAlpha = 1f / (1 << 24);

    /// <summary>Computes a schedule.</summary>
    /// <param name="config">
    /// num_train_timesteps, beta_start, beta_end, beta_schedule, trained_betas, prediction_type and rescale_betas_zero_snr are used.
    /// </param>
    /// <param name="rescales">False for schedulers that don't know rescale_betas_zero_snr and so pass it over.</param>
    /// <exception cref="InvalidInputException">A value is out of range or not supported; the message names it.</exception>
    public NoiseSchedule(SchedulerConfig config, bool rescales = true)
    {
        Prediction = config.Prediction;
        HasZeroSnr = rescales && config.RescaleBetasZeroSnr == true;
        _betas = config.TrainedBetas is { ValueKind: not JsonValueKind.Null } given ? TrainedBetas(given, config.TrainTimesteps) : Betas(config);
        _alphasCumprod = Cumulate(_betas);
        if (HasZeroSnr)
        {
            _betas = Rescale(_alphasCumprod);
            _alphasCumprod = Cumulate(_betas);
        }
    }

    /// <summary>Whether nothing of the picture is left at the last timestep: abar is 0 there.</summary>
    public bool HasZeroSnr { get; }

    /// <summary>What the model predicts, hence what it is trained towards.</summary>
    public PredictionType Prediction { get; }

    /// <summary>Number of timesteps, usually 1000.</summary>
    public int Length => _betas.Length;

    /// <summary>The noise variance added at each timestep, each within (0, 1); the last is 1 at zero terminal SNR.</summary>
    public ReadOnlySpan<float> BetaValues => _betas;

    /// <summary>abar: what is left of the picture's variance at each timestep, falling from nearly 1 to nearly 0.</summary>
    public ReadOnlySpan<float> AlphasCumprod => _alphasCumprod;

    /// <summary>The forward process: sqrt(abar) x0 + sqrt(1 - abar) eps (DDPM's <c>add_noise</c>).</summary>
    /// <param name="original">x0, (B, ...).</param>
    /// <param name="noise">eps, of the same shape.</param>
    /// <param name="timesteps">B timesteps, or one for all rows, each 0 to <see cref="Length"/> - 1.</param>
    /// <returns>The noisy sample, of <paramref name="original"/>'s shape and type, computed in fp32.</returns>
    /// <exception cref="ArgumentException">Shapes or the number of timesteps don't fit.</exception>
    public Tensor AddNoise(Tensor original, Tensor noise, params ReadOnlySpan<long> timesteps) => Mix(original, noise, timesteps, velocity: false);

    /// <summary>The velocity sqrt(abar) eps - sqrt(1 - abar) x0: the target of v-prediction models (<c>get_velocity</c>).</summary>
    /// <param name="original">x0, (B, ...).</param>
    /// <param name="noise">eps, of the same shape.</param>
    /// <param name="timesteps">B timesteps, or one for all rows, each 0 to <see cref="Length"/> - 1.</param>
    /// <returns>The velocity, of <paramref name="original"/>'s shape and type, computed in fp32.</returns>
    /// <exception cref="ArgumentException">Shapes or the number of timesteps don't fit.</exception>
    public Tensor Velocity(Tensor original, Tensor noise, params ReadOnlySpan<long> timesteps) => Mix(original, noise, timesteps, velocity: true);

    /// <summary>What the model should predict: the noise itself or the velocity, by <see cref="Prediction"/>.</summary>
    /// <param name="original">x0, (B, ...).</param>
    /// <param name="noise">eps, of the same shape.</param>
    /// <param name="timesteps">B timesteps, or one for all rows.</param>
    /// <returns>A tensor of <paramref name="noise"/>'s shape; for epsilon an alias of <paramref name="noise"/>.</returns>
    /// <exception cref="ArgumentException">Shapes or the number of timesteps don't fit.</exception>
    public Tensor Target(Tensor original, Tensor noise, params ReadOnlySpan<long> timesteps) =>
        Prediction == PredictionType.Epsilon ? noise.alias() : Velocity(original, noise, timesteps);

    /// <summary>
    /// sqrt((1 - abar) / abar) of every timestep, in fp32 as diffusers' sigma-based schedulers have it. Finite: at zero terminal SNR the last abar counts as
    /// 2^-24, as there.
    /// </summary>
    internal double[] Sigmas() =>
        [.. _alphasCumprod.Select((a, t) => HasZeroSnr && t == Length - 1 ? LeastAlpha : a).Select(a => (double)MathF.Sqrt((1 - a) / a))];

    private static float[] Cumulate(float[] betas)
    {
        using var scope = NewDisposeScope();
        return tensor(betas).RSub(1).cumprod(0).data<float>().ToArray();
    }

    // Lin et al. 2024, algorithm 1, as diffusers' rescale_zero_terminal_snr does it: sqrt(abar) is shifted to end at 0 and scaled to begin where it did.
    private static float[] Rescale(float[] alphasCumprod)
    {
        var root = Array.ConvertAll(alphasCumprod, MathF.Sqrt);
        var (first, last) = (root[0], root[^1]);
        var factor = first / (first - last);
        if (!float.IsFinite(factor))
        {
            throw SchedulerConfig.Unsupported("rescale_betas_zero_snr", true, "false where the schedule has one timestep");
        }
        var squares = Array.ConvertAll(root, value => (value - last) * factor * ((value - last) * factor));
        return [.. squares.Select((square, t) => 1 - (t == 0 ? square : square / squares[t - 1]))];
    }

    private static float[] TrainedBetas(JsonElement given, int length)
    {
        if (
            given.ValueKind != JsonValueKind.Array
            || given.GetArrayLength() != length
            || given.EnumerateArray().Any(beta => beta.ValueKind != JsonValueKind.Number || !(beta.GetDouble() is > 0 and < 1))
        )
        {
            throw SchedulerConfig.Unsupported(
                "trained_betas",
                given.ValueKind == JsonValueKind.Array ? "a list" : given.GetRawText(),
                $"null, or a list of {length} numbers above 0 and below 1"
            );
        }
        return [.. given.EnumerateArray().Select(beta => (float)beta.GetDouble())];
    }

    private static float[] Betas(SchedulerConfig config)
    {
        var length = config.TrainTimesteps;
        var (start, end) = (config.BetaStart ?? 0.0001, config.BetaEnd ?? 0.02);
        if (!(start is > 0 and < 1))
        {
            throw SchedulerConfig.Unsupported("beta_start", start, "values above 0 and below 1");
        }
        if (!(end is > 0 and < 1))
        {
            throw SchedulerConfig.Unsupported("beta_end", end, "values above 0 and below 1");
        }
        using var scope = NewDisposeScope();
        return (config.BetaSchedule ?? "linear") switch
        {
            "linear" => linspace(start, end, length, ScalarType.Float32).data<float>().ToArray(),
            "scaled_linear" => linspace(Math.Sqrt(start), Math.Sqrt(end), length, ScalarType.Float32).Square().data<float>().ToArray(),
            "squaredcos_cap_v2" =>
            [
                .. Enumerable.Range(0, length).Select(i => (float)Math.Min(1 - (CosineBar((i + 1.0) / length) / CosineBar((double)i / length)), 0.999)),
            ],
            var other => throw SchedulerConfig.Unsupported("beta_schedule", other, "linear, scaled_linear and squaredcos_cap_v2"),
        };
    }

    private static double CosineBar(double t) => Math.Pow(Math.Cos((t + 0.008) / 1.008 * Math.PI / 2), 2);

    private Tensor Mix(Tensor original, Tensor noise, ReadOnlySpan<long> timesteps, bool velocity)
    {
        var shape = original.shape;
        if (shape.Length == 0 || !shape.AsSpan().SequenceEqual(noise.shape))
        {
            throw new ArgumentException($"x0 is ({string.Join(", ", shape)}), the noise ({string.Join(", ", noise.shape)}).", nameof(noise));
        }
        if (timesteps.Length != 1 && timesteps.Length != shape[0])
        {
            throw new ArgumentException($"{timesteps.Length} timesteps for {shape[0]} rows.", nameof(timesteps));
        }
        var signal = new float[timesteps.Length];
        var spread = new float[timesteps.Length];
        for (var i = 0; i < timesteps.Length; i++)
        {
            if (timesteps[i] < 0 || timesteps[i] >= Length)
            {
                throw new ArgumentException($"Timestep {timesteps[i]} is outside 0 to {Length - 1}.", nameof(timesteps));
            }
            signal[i] = MathF.Sqrt(_alphasCumprod[timesteps[i]]);
            spread[i] = MathF.Sqrt(1 - _alphasCumprod[timesteps[i]]);
        }

        using var scope = NewDisposeScope();
        var rows = new long[shape.Length];
        Array.Fill(rows, 1);
        rows[0] = timesteps.Length;
        var a = tensor(signal).reshape(rows).to(original.device); // (B or 1, 1, ...)
        var b = tensor(spread).reshape(rows).to(original.device);
        var (x, e) = (original.to(ScalarType.Float32), noise.to(ScalarType.Float32));
        var mixed = velocity ? (a * e) - (b * x) : (a * x).Add(b * e);
        return mixed.to(original.dtype).MoveToOuterDisposeScope();
    }
}
