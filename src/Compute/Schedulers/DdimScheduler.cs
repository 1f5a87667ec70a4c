using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Schedulers;

/// <summary>DDIM with eta 0 (Song et al. 2020; diffusers' <c>DDIMScheduler</c>): deterministic, first order, stateless. One call a step.</summary>
public sealed class DdimScheduler : IScheduler
{
    private readonly double[] _timesteps;
    private readonly NoiseSchedule _schedule;
    private readonly int _stride;
    private readonly double _finalAlphaCumprod;
    private readonly double? _clip;

    /// <summary>Lays out the timesteps.</summary>
    /// <param name="config">The model's configuration; absent values take DDIM's defaults (leading, clip_sample, set_alpha_to_one).</param>
    /// <param name="steps">Denoising steps, 1 to the schedule's length.</param>
    /// <exception cref="InvalidInputException">A value is not supported.</exception>
    public DdimScheduler(SchedulerConfig config, int steps)
    {
        SchedulerConfig.RefuseTrue("thresholding", config.Thresholding);
        _schedule = new NoiseSchedule(config);
        _stride = _schedule.Length / steps;
        _finalAlphaCumprod = config.SetAlphaToOne ?? true ? 1 : _schedule.AlphasCumprod[0];
        _clip = config.ClipSample ?? true ? config.ClipSampleRange ?? 1 : null;
        _timesteps = Layout(config, _schedule.Length, steps);
        if (_schedule.HasZeroSnr && _schedule.Prediction == PredictionType.Epsilon && _timesteps.Contains(_schedule.Length - 1))
        {
            // diffusers divides by the zero and ends with not-a-number.
            throw new InvalidInputException(
                "scheduler_config.json: rescale_betas_zero_snr leaves nothing of the picture at the last timestep, from where a prediction_type of "
                    + "\"epsilon\" tells DDIM nothing.",
                "scheduler_config.json",
                "Take a scheduler such as dpm++, or a model whose prediction_type is \"v_prediction\"."
            );
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> Timesteps => _timesteps;

    /// <inheritdoc/>
    public double InitNoiseSigma => 1;

    /// <inheritdoc/>
    public Tensor ScaleModelInput(Tensor sample, int call) => sample.to(ScalarType.Float32, copy: true);

    /// <inheritdoc/>
    public Tensor Step(Tensor modelOutput, int call, Tensor sample, Tensor? noise = null)
    {
        SchedulerArguments.Check(modelOutput, call, sample, _timesteps.Length);
        var timestep = (int)_timesteps[call];
        var previous = timestep - _stride;
        double alpha = _schedule.AlphasCumprod[timestep];
        var alphaPrevious = previous >= 0 ? _schedule.AlphasCumprod[previous] : _finalAlphaCumprod;
        var (signal, spread) = (Math.Sqrt(alpha), Math.Sqrt(1 - alpha));

        using var scope = NewDisposeScope();
        var (x, output) = (sample.to(ScalarType.Float32), modelOutput.to(ScalarType.Float32));
        Tensor original,
            predicted;
        if (_schedule.Prediction == PredictionType.Epsilon)
        {
            original = (x - output.Mul(spread)).Div(signal);
            predicted = output;
        }
        else
        {
            original = x.Mul(signal) - output.Mul(spread);
            predicted = output.Mul(signal).Add(x.Mul(spread));
        }

        if (_clip is { } bound)
        {
            original = original.Clamp(-bound, bound);
        }
        return original.Mul(Math.Sqrt(alphaPrevious)).Add(predicted.Mul(Math.Sqrt(1 - alphaPrevious))).MoveToOuterDisposeScope();
    }

    /// <summary>Holds no tensors: does nothing.</summary>
    public void Dispose() { }

    private static double[] Layout(SchedulerConfig config, int length, int steps)
    {
        var ascending = Enumerable.Range(0, steps).Select(i => (double)i);
        return config.Spacing("leading") switch
        {
            "linspace" => [.. ascending.Select(i => steps == 1 ? 0 : Math.Round(i * ((length - 1.0) / (steps - 1)))).Reverse()],
            "trailing" => [.. ascending.Select(i => Math.Round(length - (i * ((double)length / steps))) - 1)],
            _ => [.. ascending.Select(i => (i * (length / steps)) + config.Offset()).Reverse()],
        };
    }
}
