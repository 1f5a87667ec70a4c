using System.Text.Json;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Schedulers;

/// <summary>
/// The multistep DPM-Solvers (Lu et al. 2022; diffusers' <c>DPMSolverMultistepScheduler</c>), by default DPM-Solver++ 2M: up to third order from the last
/// predictions of x0 (<c>dpmsolver++</c>) or of the noise (<c>dpmsolver</c>), without or with noise added at each step (<c>sde-</c>); one call a step. The last
/// sigma is zero by default, so the last step is first order whatever their number. A configuration of UniPC or DEIS is read as diffusers reads it into this
/// class: their own solver types count as midpoint, <c>deis</c> as <c>dpmsolver++</c>.
/// </summary>
public sealed class DpmSolverMultistepScheduler : IScheduler
{
    // diffusers' steps for which lower_order_final counts.
    private const int FewSteps = 15;

    private readonly double[] _timesteps;
    private readonly float[] _sigmas;
    private readonly PredictionType _prediction;
    private readonly int _order;
    private readonly bool _solvesForOriginal;
    private readonly bool _heun;
    private readonly bool _firstOrderAtEnd;
    private readonly bool _lowerOrderAtEnd;
    private readonly List<Tensor> _outputs = []; // newest last, as many as the order
    private int _next;

    /// <summary>Lays out timesteps and sigmas.</summary>
    /// <param name="config">The model's configuration; absent values take this class's defaults (linspace, midpoint, order 2, last sigma zero).</param>
    /// <param name="steps">Denoising steps, 1 to the schedule's length.</param>
    /// <exception cref="InvalidInputException">A value is not supported, or so many steps visit a timestep twice.</exception>
    public DpmSolverMultistepScheduler(SchedulerConfig config, int steps)
    {
        var algorithm = Algorithm(config);
        _solvesForOriginal = algorithm.EndsWith("++", StringComparison.Ordinal);
        AddsNoise = algorithm.StartsWith("sde-", StringComparison.Ordinal);
        RefuseUnsupported(config, algorithm);
        var schedule = new NoiseSchedule(config);
        _prediction = schedule.Prediction;
        _order = config.SolverOrder ?? 2;
        _heun = config.SolverType == "heun";
        var finalIsZero = config.FinalSigmaIsZero();
        if (finalIsZero && !_solvesForOriginal)
        {
            throw SchedulerConfig.Unsupported("final_sigmas_type", "zero", $"sigma_min where algorithm_type is \"{algorithm}\"");
        }
        var train = schedule.Sigmas();
        var sigmas = Layout(config, schedule, train, steps, out _timesteps);
        _lowerOrderAtEnd = (config.LowerOrderFinal ?? true) && _timesteps.Length < FewSteps;
        _firstOrderAtEnd = finalIsZero || (config.EulerAtFinal ?? false) || _lowerOrderAtEnd;
        _sigmas = [.. sigmas.Append(finalIsZero ? 0 : train[0]).Select(s => (float)s)];
        if (
            _timesteps.Length == 0
            || _sigmas
                .Zip(_sigmas.Skip(1))
                .Select((pair, i) => pair.First < pair.Second || (pair.First == pair.Second && i < _timesteps.Length - 1))
                .Any(rises => rises)
        )
        {
            // diffusers divides by the zero difference and ends with not-a-number. At the end it may be zero: Karras' last sigma is sigma_min itself.
            throw SchedulerArguments.TooManySteps(Samplers.DpmSolver, steps, schedule.Length);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> Timesteps => _timesteps;

    /// <summary>The noise level before each step and, last, after all: one more than there are steps.</summary>
    public IReadOnlyList<float> Sigmas => _sigmas;

    /// <inheritdoc/>
    public double InitNoiseSigma => 1;

    /// <inheritdoc/>
    public bool AddsNoise { get; }

    /// <inheritdoc/>
    public Tensor ScaleModelInput(Tensor sample, int call) => sample.to(ScalarType.Float32, copy: true);

    /// <inheritdoc/>
    public Tensor Step(Tensor modelOutput, int call, Tensor sample, Tensor? noise = null)
    {
        SchedulerArguments.Check(modelOutput, call, sample, _timesteps.Length);
        SchedulerArguments.CheckOrder(call, _next);
        if (AddsNoise && (noise is null || !noise.shape.AsSpan().SequenceEqual(sample.shape)))
        {
            throw new ArgumentException("This scheduler adds noise of the sample's shape, and was given none.", nameof(noise));
        }
        if (call == 0)
        {
            Reset();
        }
        using var scope = NewDisposeScope();
        var x = sample.to(ScalarType.Float32);
        Remember(Convert(x, modelOutput.to(ScalarType.Float32), call));
        var weights = Weights(call);
        var newest = _outputs[^1];
        var result = x.Mul(weights.Sample).Add(newest.Mul(weights.Output));
        var order = OrderOf(call);
        if (order > 1)
        {
            var h = Lambda(call + 1) - Lambda(call);
            var ratio = (Lambda(call) - Lambda(call - 1)) / h;
            var slope = (newest - _outputs[^2]).Div(ratio);
            if (order == 2)
            {
                result = result.Add(slope.Mul(_heun ? weights.Slope : 0.5 * weights.Output));
            }
            else
            {
                var earlier = (Lambda(call - 1) - Lambda(call - 2)) / h;
                var change = slope - (_outputs[^2] - _outputs[^3]).Div(earlier);
                result = result.Add(slope.Add(change.Mul(ratio / (ratio + earlier))).Mul(weights.Slope)).Add(change.Div(ratio + earlier).Mul(weights.Curve));
            }
        }

        if (AddsNoise && weights.Noise != 0)
        {
            result = result.Add(noise!.to(ScalarType.Float32).Mul(weights.Noise));
        }
        _next = call + 1;
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>Frees the predictions kept from earlier calls.</summary>
    public void Dispose() => Reset();

    // What the next sample is made of: the sample, the newest output, its first and second differences, and noise.
    private StepWeights Weights(int call)
    {
        var (alphaFrom, sigmaFrom) = Split(_sigmas[call]);
        var (alphaTo, sigmaTo) = Split(_sigmas[call + 1]);

        // log(alpha / sigma) is infinite at a last sigma of zero, where exp(-h) is 0 as it should be, and which is never left by a higher order.
        var h = Lambda(call + 1) - Lambda(call);
        if (_solvesForOriginal)
        {
            var decay = AddsNoise ? Math.Exp(-2 * h) : Math.Exp(-h);
            var reach = AddsNoise ? 2 * h : h;
            return new StepWeights(
                AddsNoise ? sigmaTo / sigmaFrom * Math.Exp(-h) : sigmaTo / sigmaFrom,
                -(alphaTo * (decay - 1)),
                alphaTo * (((decay - 1) / reach) + 1),
                AddsNoise ? alphaTo * (((1 - decay - reach) / (reach * reach)) - 0.5) : -(alphaTo * (((decay - 1 + reach) / (reach * reach)) - 0.5)),
                AddsNoise ? sigmaTo * Math.Sqrt(1 - decay) : 0
            );
        }

        var growth = Math.Exp(h);
        var factor = AddsNoise ? 2 * sigmaTo : sigmaTo;
        return new StepWeights(
            alphaTo / alphaFrom,
            -(factor * (growth - 1)),
            -(factor * (((growth - 1) / h) - 1)),
            -(factor * (((growth - 1 - h) / (h * h)) - 0.5)),
            AddsNoise ? sigmaTo * Math.Sqrt(Math.Exp(2 * h) - 1) : 0
        );
    }

    private int OrderOf(int call)
    {
        var last = _timesteps.Length - 1;
        var most =
            call == last && (_firstOrderAtEnd || _sigmas[call] == _sigmas[call + 1]) ? 1
            : call == last - 1 && _lowerOrderAtEnd ? 2
            : _order;
        return Math.Min(most, Math.Min(_order, call + 1));
    }

    private static (double Alpha, double Sigma) Split(double sigma)
    {
        var alpha = 1 / Math.Sqrt((sigma * sigma) + 1);
        return (alpha, sigma * alpha);
    }

    private static double[] Layout(SchedulerConfig config, NoiseSchedule schedule, double[] train, int steps, out double[] timesteps)
    {
        double[]? sigmas =
            config.UseKarrasSigmas == true ? SigmaSchedule.Karras(train[^1], train[0], steps)
            : config.UseLuLambdas == true || config.UseExponentialSigmas == true ? SigmaSchedule.Exponential(train[^1], train[0], steps)
            : null;
        if (sigmas is null)
        {
            timesteps = Timing(config, schedule.Length, Last(config, train), steps);
            return SigmaSchedule.At(train, timesteps);
        }

        // Either way diffusers ends with whole timesteps: rounded, or cut off for the cosine schedule and for exponential spacing.
        var exact = sigmas.Select(s => SigmaSchedule.TimestepOf(s, train));
        var rounds = (config.UseKarrasSigmas == true || config.UseLuLambdas == true) && config.BetaSchedule != "squaredcos_cap_v2";
        timesteps = [.. rounds ? exact.Select(t => Math.Round(t)) : exact.Select(t => Math.Truncate(t))];
        return sigmas;
    }

    private static double[] Timing(SchedulerConfig config, int length, int last, int steps)
    {
        var index = Enumerable.Range(0, steps);

        // Leading divides by steps + 1, unlike DDIM's; linspace leaves out the last of steps + 1 points, timestep 0.
        return config.Spacing("linspace") switch
        {
            "linspace" => [.. index.Select(i => Math.Round((steps - i) * ((last - 1.0) / steps)))],
            "trailing" => [.. index.Select(i => last - (i * ((double)length / steps))).Where(t => t > 0).Select(t => Math.Round(t) - 1)],
            _ => [.. index.Select(i => (double)((steps - i) * (last / (steps + 1))) + config.Offset())],
        };
    }

    // How many timesteps are left when those with too small a log(alpha / sigma) are left out.
    private static int Last(SchedulerConfig config, double[] train) =>
        LeastLambda(config) is { } least ? train.Count(sigma => -Math.Log(sigma) >= least) : train.Length;

    private static double? LeastLambda(SchedulerConfig config) =>
        config.LambdaMinClipped switch
        {
            null or { ValueKind: JsonValueKind.Null } => null,
            { ValueKind: JsonValueKind.Number } number => number.GetDouble(),
            var text when text.Value.ToString() is "" or "-inf" or "-Infinity" => null,
            var other => throw SchedulerConfig.Unsupported("lambda_min_clipped", other.Value.ToString(), "numbers and minus infinity"),
        };

    private static string Algorithm(SchedulerConfig config) =>
        config.AlgorithmType switch
        {
            null or "deis" => "dpmsolver++",
            "dpmsolver++" or "dpmsolver" or "sde-dpmsolver++" or "sde-dpmsolver" => config.AlgorithmType,
            var other => throw SchedulerConfig.Unsupported("algorithm_type", other, "dpmsolver++, dpmsolver, sde-dpmsolver++, sde-dpmsolver and deis"),
        };

    private static void RefuseUnsupported(SchedulerConfig config, string algorithm)
    {
        SchedulerConfig.RefuseTrue("thresholding", config.Thresholding);
        SchedulerConfig.RefuseTrue("use_flow_sigmas", config.UseFlowSigmas);
        config.CheckSigmaSpacing();
        if (config.SolverType is not (null or "midpoint" or "heun" or "bh1" or "bh2" or "logrho"))
        {
            throw SchedulerConfig.Unsupported("solver_type", config.SolverType, "midpoint, heun, bh1, bh2 and logrho");
        }
        var most = algorithm == "sde-dpmsolver" ? 2 : 3;
        if (config.SolverOrder is { } order && (order < 1 || order > most))
        {
            throw SchedulerConfig.Unsupported("solver_order", order, most == 2 ? $"1 and 2 where algorithm_type is \"{algorithm}\"" : "1, 2 and 3");
        }
        if (config.VarianceType is "learned" or "learned_range")
        {
            throw SchedulerConfig.Unsupported("variance_type", config.VarianceType, "null");
        }
        _ = LeastLambda(config);
    }

    // What the solver integrates: the prediction of x0, or of the noise.
    private Tensor Convert(Tensor x, Tensor output, int call)
    {
        var (alpha, sigma) = Split(_sigmas[call]);
        return (_solvesForOriginal, _prediction) switch
        {
            (true, PredictionType.Epsilon) => (x - output.Mul(sigma)).Div(alpha),
            (true, _) => x.Mul(alpha) - output.Mul(sigma),
            (false, PredictionType.Epsilon) => output,
            (false, _) => output.Mul(alpha).Add(x.Mul(sigma)),
        };
    }

    // log(alpha) - log(sigma) = -log(the ratio sigma), since sigma here is the scaled one over alpha.
    private double Lambda(int index) => -Math.Log(_sigmas[index]);

    private void Remember(Tensor output)
    {
        if (_outputs.Count == _order)
        {
            _outputs[0].Dispose();
            _outputs.RemoveAt(0);
        }

        _outputs.Add(output.detach().clone().DetachFromDisposeScope());
    }

    private void Reset()
    {
        _outputs.ForEach(output => output.Dispose());
        _outputs.Clear();
        _next = 0;
    }

    private readonly record struct StepWeights(double Sample, double Output, double Slope, double Curve, double Noise);
}
