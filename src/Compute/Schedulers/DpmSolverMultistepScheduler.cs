using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Schedulers;

/// <summary>
/// DPM-Solver++ 2M (Lu et al. 2022; diffusers' <c>DPMSolverMultistepScheduler</c>, algorithm <c>dpmsolver++</c>): second order from two predictions of x0, one call a step. The last sigma is zero by
/// default, so the last step is first order whatever their number.
/// </summary>
public sealed class DpmSolverMultistepScheduler : IScheduler
{
    private readonly double[] _timesteps;
    private readonly float[] _sigmas;
    private readonly PredictionType _prediction;
    private readonly int _order;
    private readonly bool _heun;
    private readonly bool _firstOrderAtEnd;
    private Tensor? _previousOriginal;
    private int _next;

    /// <summary>Lays out timesteps and sigmas.</summary>
    /// <param name="config">The model's configuration; absent values take this class's defaults (linspace, midpoint, order 2, last sigma zero).</param>
    /// <param name="steps">Denoising steps, 1 to the schedule's length.</param>
    /// <exception cref="InvalidInputException">A value is not supported, or so many steps visit a timestep twice.</exception>
    public DpmSolverMultistepScheduler(SchedulerConfig config, int steps)
    {
        RefuseUnsupported(config);
        var schedule = new NoiseSchedule(config);
        _prediction = schedule.Prediction;
        _order = config.SolverOrder ?? 2;
        _heun = config.SolverType == "heun";
        var finalIsZero = config.FinalSigmaIsZero();
        _firstOrderAtEnd = finalIsZero || (config.EulerAtFinal ?? false) || ((config.LowerOrderFinal ?? true) && steps < 15);

        var train = schedule.Sigmas();
        double[] sigmas;
        if (config.UseKarrasSigmas == true)
        {
            sigmas = SigmaSchedule.Karras(train[^1], train[0], steps);
            var exact = sigmas.Select(s => SigmaSchedule.TimestepOf(s, train));

            // Either way diffusers ends with whole timesteps: rounded, or cut off for the cosine schedule.
            _timesteps = [.. config.BetaSchedule == "squaredcos_cap_v2" ? exact.Select(t => Math.Truncate(t)) : exact.Select(t => Math.Round(t))];
        }
        else
        {
            _timesteps = Layout(config, schedule.Length, steps);
            sigmas = SigmaSchedule.At(train, _timesteps);
        }

        _sigmas = [.. sigmas.Append(finalIsZero ? 0 : train[0]).Select(s => (float)s)];
        if (_sigmas.Zip(_sigmas.Skip(1)).Any(pair => pair.First <= pair.Second))
        {
            // diffusers divides by the zero difference and ends with not-a-number.
            throw SchedulerArguments.TooManySteps("dpm++", steps, schedule.Length);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> Timesteps => _timesteps;

    /// <summary>The noise level before each step and, last, after all: one more than there are steps.</summary>
    public IReadOnlyList<float> Sigmas => _sigmas;

    /// <inheritdoc/>
    public double InitNoiseSigma => 1;

    /// <inheritdoc/>
    public Tensor ScaleModelInput(Tensor sample, int call) => sample.to(ScalarType.Float32, copy: true);

    /// <inheritdoc/>
    public Tensor Step(Tensor modelOutput, int call, Tensor sample)
    {
        SchedulerArguments.Check(modelOutput, call, sample, _timesteps.Length);
        SchedulerArguments.CheckOrder(call, _next);
        using var scope = NewDisposeScope();
        var x = sample.to(ScalarType.Float32);
        var (alphaFrom, sigmaFrom) = Split(_sigmas[call]);
        var (alphaTo, sigmaTo) = Split(_sigmas[call + 1]);
        var original = Original(x, modelOutput.to(ScalarType.Float32), alphaFrom, sigmaFrom);

        // log(alpha / sigma) is infinite at the last step, where exp(-h) is 0 as it should be.
        var h = Lambda(call + 1) - Lambda(call);
        var weight = alphaTo * (Math.Exp(-h) - 1);
        var result = x.Mul(sigmaTo / sigmaFrom) - original.Mul(weight);
        var last = call == _timesteps.Length - 1;
        if (_order == 2 && call > 0 && !(last && _firstOrderAtEnd))
        {
            var ratio = (Lambda(call) - Lambda(call - 1)) / h;
            var slope = (original - _previousOriginal!).Div(ratio);
            result = _heun ? result.Add(slope.Mul(alphaTo * (((Math.Exp(-h) - 1) / h) + 1))) : result - slope.Mul(0.5 * weight);
        }

        _previousOriginal?.Dispose();
        _previousOriginal = original.detach().DetachFromDisposeScope();
        _next = call + 1;
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>Frees the prediction kept from the last call.</summary>
    public void Dispose()
    {
        _previousOriginal?.Dispose();
        _previousOriginal = null;
        _next = 0;
    }

    private static (double Alpha, double Sigma) Split(double sigma)
    {
        var alpha = 1 / Math.Sqrt((sigma * sigma) + 1);
        return (alpha, sigma * alpha);
    }

    private static double[] Layout(SchedulerConfig config, int length, int steps)
    {
        var index = Enumerable.Range(0, steps);

        // Leading divides by steps + 1, unlike DDIM's; linspace leaves out the last of steps + 1 points, timestep 0.
        return config.Spacing("linspace") switch
        {
            "linspace" => [.. index.Select(i => Math.Round((steps - i) * ((length - 1.0) / steps)))],
            "trailing" => [.. index.Select(i => Math.Round(length - (i * ((double)length / steps))) - 1)],
            _ => [.. index.Select(i => (double)((steps - i) * (length / (steps + 1))) + config.Offset())],
        };
    }

    private static void RefuseUnsupported(SchedulerConfig config)
    {
        SchedulerConfig.RefuseTrue("thresholding", config.Thresholding);
        SchedulerConfig.RefuseTrue("rescale_betas_zero_snr", config.RescaleBetasZeroSnr);
        SchedulerConfig.RefuseTrue("use_exponential_sigmas", config.UseExponentialSigmas);
        SchedulerConfig.RefuseTrue("use_beta_sigmas", config.UseBetaSigmas);
        SchedulerConfig.RefuseTrue("use_lu_lambdas", config.UseLuLambdas);
        SchedulerConfig.RefuseTrue("use_flow_sigmas", config.UseFlowSigmas);
        SchedulerConfig.RefuseOther("algorithm_type", config.AlgorithmType, "dpmsolver++");
        if (config.SolverType is not (null or "midpoint" or "heun"))
            throw SchedulerConfig.Unsupported("solver_type", config.SolverType, "midpoint and heun");
        if (config.SolverOrder is not (null or 1 or 2))
            throw SchedulerConfig.Unsupported("solver_order", config.SolverOrder, "1 and 2");
        if (config.VarianceType is "learned" or "learned_range")
            throw SchedulerConfig.Unsupported("variance_type", config.VarianceType, "null");
        if (config.LambdaMinClipped?.ToString() is not (null or "" or "-inf" or "-Infinity"))
            throw SchedulerConfig.Unsupported("lambda_min_clipped", config.LambdaMinClipped.ToString(), "minus infinity");
    }

    private Tensor Original(Tensor x, Tensor output, double alpha, double sigma)
        => _prediction == PredictionType.Epsilon ? (x - output.Mul(sigma)).Div(alpha) : x.Mul(alpha) - output.Mul(sigma);

    // log(alpha) - log(sigma) = -log(the ratio sigma), since sigma here is the scaled one over alpha.
    private double Lambda(int index) => -Math.Log(_sigmas[index]);
}
