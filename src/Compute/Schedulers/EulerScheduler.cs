using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Schedulers;

/// <summary>
/// Euler's method on the probability flow in Karras et al.'s form (2022; diffusers' <c>EulerDiscreteScheduler</c> without churn): samples are x0 + sigma eps,
/// so the model's input is scaled, and the first noise has the largest sigma. Stateless, one call a step; under linspace the timesteps are fractional.
/// </summary>
public sealed class EulerScheduler : IScheduler
{
    private readonly double[] _timesteps;
    private readonly float[] _sigmas;
    private readonly PredictionType _prediction;

    /// <summary>Lays out timesteps and sigmas.</summary>
    /// <param name="config">The model's configuration; absent values take this class's defaults (linspace, last sigma zero).</param>
    /// <param name="steps">Denoising steps, 1 to the schedule's length.</param>
    /// <exception cref="InvalidInputException">A value is not supported.</exception>
    public EulerScheduler(SchedulerConfig config, int steps)
    {
        RefuseUnsupported(config);
        var schedule = new NoiseSchedule(config);
        _prediction = schedule.Prediction;
        var spacing = config.Spacing("linspace");
        var train = schedule.Sigmas();
        _timesteps = Layout(spacing, config, schedule.Length, steps);
        var sigmas = SigmaSchedule.At(train, _timesteps);
        if (config.UseKarrasSigmas == true || config.UseExponentialSigmas == true)
        {
            var (largest, smallest) = (config.SigmaMax ?? sigmas[0], config.SigmaMin ?? sigmas[^1]);
            if (!(smallest > 0 && largest >= smallest && double.IsFinite(largest)))
            {
                throw SchedulerConfig.Unsupported("sigma_min", smallest, "numbers above 0 and at most sigma_max");
            }
            sigmas = config.UseKarrasSigmas == true ? SigmaSchedule.Karras(largest, smallest, steps) : SigmaSchedule.Exponential(largest, smallest, steps);
            _timesteps = [.. sigmas.Select(s => (double)(float)SigmaSchedule.TimestepOf(s, train))];
        }

        _sigmas = [.. sigmas.Append(config.FinalSigmaIsZero() ? 0 : train[0]).Select(s => (float)s)];
        var highest = _sigmas.Max();
        InitNoiseSigma = spacing == "leading" ? MathF.Sqrt((highest * highest) + 1) : highest;
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> Timesteps => _timesteps;

    /// <summary>The noise level before each step and, last, after all: one more than there are steps.</summary>
    public IReadOnlyList<float> Sigmas => _sigmas;

    /// <inheritdoc/>
    public double InitNoiseSigma { get; }

    /// <inheritdoc/>
    public Tensor ScaleModelInput(Tensor sample, int call)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(call);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(call, _timesteps.Length);
        double sigma = _sigmas[call];
        using var scope = NewDisposeScope();
        return sample.to(ScalarType.Float32).Div(Math.Sqrt((sigma * sigma) + 1)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Step(Tensor modelOutput, int call, Tensor sample, Tensor? noise = null)
    {
        SchedulerArguments.Check(modelOutput, call, sample, _timesteps.Length);
        double sigma = _sigmas[call];
        using var scope = NewDisposeScope();
        var (x, output) = (sample.to(ScalarType.Float32), modelOutput.to(ScalarType.Float32));
        var derivative = output; // (x - x0) / sigma, and x0 = x - sigma eps
        if (_prediction == PredictionType.Velocity)
        {
            var square = (sigma * sigma) + 1;
            derivative = (x - output.Mul(-sigma / Math.Sqrt(square)).Add(x.Div(square))).Div(sigma);
        }

        return x.Add(derivative.Mul(_sigmas[call + 1] - sigma)).MoveToOuterDisposeScope();
    }

    /// <summary>Holds no tensors: does nothing.</summary>
    public void Dispose() { }

    private static double[] Layout(string spacing, SchedulerConfig config, int length, int steps)
    {
        var index = Enumerable.Range(0, steps);
        return spacing switch
        {
            // fp32, as diffusers passes them to the model.
            "linspace" => [.. index.Select(i => steps == 1 ? 0 : (double)(float)((steps - 1 - i) * ((length - 1.0) / (steps - 1))))],
            "trailing" => [.. index.Select(i => Math.Round(length - (i * ((double)length / steps))) - 1)],
            _ => [.. index.Select(i => (double)((steps - 1 - i) * (length / steps)) + config.Offset())],
        };
    }

    private static void RefuseUnsupported(SchedulerConfig config)
    {
        config.CheckSigmaSpacing();
        SchedulerConfig.RefuseOther("interpolation_type", config.InterpolationType, "linear");
        if (config.TimestepType is not (null or "discrete") && !(config.TimestepType == "continuous" && config.Prediction == PredictionType.Epsilon))
        {
            throw SchedulerConfig.Unsupported("timestep_type", config.TimestepType, "discrete");
        }
    }
}
