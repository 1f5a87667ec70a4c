using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Schedulers;

/// <summary>
/// PNDM without its Runge-Kutta warm-up, that is PLMS (Liu et al. 2022; diffusers' <c>PNDMScheduler</c> with <c>skip_prk_steps</c>): a linear multistep method
/// of up to fourth order on the model's outputs. The second timestep comes twice, so N steps make N + 1 calls (a single step makes one).
/// </summary>
public sealed class PndmScheduler : IScheduler
{
    private readonly double[] _timesteps;
    private readonly NoiseSchedule _schedule;
    private readonly int _stride;
    private readonly double _finalAlphaCumprod;
    private readonly List<Tensor> _outputs = [];
    private Tensor? _firstSample;
    private int _next;

    /// <summary>Lays out the timesteps.</summary>
    /// <param name="config">The model's configuration; absent values take PNDM's defaults (leading, set_alpha_to_one false).</param>
    /// <param name="steps">Denoising steps, 1 to the schedule's length.</param>
    /// <exception cref="InvalidInputException">A value is not supported.</exception>
    public PndmScheduler(SchedulerConfig config, int steps)
    {
        if (config.SkipPrkSteps != true)
        {
            throw new InvalidInputException(
                "scheduler_config.json: skip_prk_steps is false or absent, which means PNDM's Runge-Kutta warm-up, and that is not supported; supported: true.",
                "scheduler_config.json",
                "Set skip_prk_steps to true, or choose another scheduler."
            );
        }

        _schedule = new NoiseSchedule(config, rescales: false);
        _stride = _schedule.Length / steps;
        _finalAlphaCumprod = config.SetAlphaToOne ?? false ? 1 : _schedule.AlphasCumprod[0];
        var once = Layout(config, _schedule.Length, steps);
        _timesteps = steps == 1 ? once : [once[0], once[1], .. once[1..]];
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
        SchedulerArguments.CheckOrder(call, _next);
        if (call == 0)
        {
            Reset();
        }
        using var scope = NewDisposeScope();
        var (x, output) = (sample.to(ScalarType.Float32), modelOutput.to(ScalarType.Float32));
        var from = (int)_timesteps[call];
        var to = from - _stride;
        if (call == 1)
        {
            // The second call does the first step again, with the mean of both ends' outputs (Heun's way), and is not remembered.
            (from, to) = (from + _stride, from);
            output = output.Add(_outputs[0]).Div(2);
            x = _firstSample!;
        }
        else
        {
            if (call == 0)
            {
                _firstSample = x.detach().clone().DetachFromDisposeScope();
            }
            Remember(output);
            output = Combine();
        }

        _next = call + 1;
        return Move(x, output, from, to).MoveToOuterDisposeScope();
    }

    /// <summary>Frees the outputs kept from earlier calls.</summary>
    public void Dispose() => Reset();

    private static double[] Layout(SchedulerConfig config, int length, int steps)
    {
        var index = Enumerable.Range(0, steps);
        return config.Spacing("leading") switch
        {
            "linspace" => [.. index.Select(i => steps == 1 ? 0 : Math.Round((steps - 1 - i) * ((length - 1.0) / (steps - 1))))],
            "trailing" => [.. index.Select(i => Math.Round(length - (i * ((double)length / steps))) - 1)],
            _ => [.. index.Select(i => (double)((steps - 1 - i) * (length / steps)) + config.Offset())],
        };
    }

    // Adams-Bashforth weights, newest output first.
    private Tensor Combine()
    {
        var e = _outputs;
        return e.Count switch
        {
            1 => e[0],
            2 => (e[1].Mul(3) - e[0]).Div(2),
            3 => (e[2].Mul(23) - e[1].Mul(16)).Add(e[0].Mul(5)).Div(12),
            _ => ((e[3].Mul(55) - e[2].Mul(59)).Add(e[1].Mul(37)) - e[0].Mul(9)).Div(24),
        };
    }

    // PNDM, eq. 9: from timestep to timestep, given the (combined) output.
    private Tensor Move(Tensor x, Tensor output, int from, int to)
    {
        double alpha = _schedule.AlphasCumprod[from];
        var alphaTo = to >= 0 ? _schedule.AlphasCumprod[to] : _finalAlphaCumprod;
        if (_schedule.Prediction == PredictionType.Velocity)
        {
            output = output.Mul(Math.Sqrt(alpha)).Add(x.Mul(Math.Sqrt(1 - alpha)));
        }
        var denominator = (alpha * Math.Sqrt(1 - alphaTo)) + Math.Sqrt(alpha * (1 - alpha) * alphaTo);
        return x.Mul(Math.Sqrt(alphaTo / alpha)) - output.Mul((alphaTo - alpha) / denominator);
    }

    private void Remember(Tensor output)
    {
        if (_outputs.Count == 4)
        {
            _outputs[0].Dispose();
            _outputs.RemoveAt(0);
        }

        _outputs.Add(output.detach().clone().DetachFromDisposeScope());
    }

    private void Reset()
    {
        _outputs.ForEach(o => o.Dispose());
        _outputs.Clear();
        _firstSample?.Dispose();
        _firstSample = null;
        _next = 0;
    }
}
