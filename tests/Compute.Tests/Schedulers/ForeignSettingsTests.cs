using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Schedulers;

/// <summary>
/// Configurations of other schedulers than ours, read as diffusers' from_config reads them. The numbers are those of the papers' formulas in plain doubles,
/// written down here on their own: Lu et al. 2022 (DPM-Solver, DPM-Solver++ and its SDE form), Lin et al. 2024 (zero terminal SNR).
/// </summary>
public sealed class ForeignSettingsTests
{
    private const string Base =
        "\"beta_start\":0.00085,\"beta_end\":0.012,\"beta_schedule\":\"scaled_linear\",\"num_train_timesteps\":1000,\"steps_offset\":1,\"skip_prk_steps\":true";
    private static readonly double[] s_outputs = [0.9, -0.4, 0.31, 0.77, -1.2, 0.05, 0.6, -0.9, 0.2, 0.33];

    [Theory]
    [InlineData("\"_class_name\":\"UniPCMultistepScheduler\",\"solver_type\":\"bh1\",\"predict_x0\":true")]
    [InlineData("\"_class_name\":\"UniPCMultistepScheduler\",\"solver_type\":\"bh2\",\"disable_corrector\":[]")]
    [InlineData("\"_class_name\":\"DEISMultistepScheduler\",\"solver_type\":\"logrho\",\"algorithm_type\":\"deis\"")]
    [InlineData("\"_class_name\":\"LCMScheduler\",\"original_inference_steps\":50,\"timestep_scaling\":10.0")]
    [InlineData("\"_class_name\":\"EulerAncestralDiscreteScheduler\"")]
    [InlineData("\"_class_name\":\"DDPMScheduler\",\"variance_type\":\"fixed_small\"")]
    public void Step_SettingsOfAnotherClass_DrawAsDpmPlusPlusDoes(string settings) =>
        Assert.Equal(Run(Config("\"solver_type\":\"midpoint\""), 8), Run(Config(settings), 8));

    [Theory]
    [InlineData("dpmsolver++", 1, false)]
    [InlineData("dpmsolver++", 2, false)]
    [InlineData("dpmsolver++", 2, true)]
    [InlineData("dpmsolver++", 3, false)]
    [InlineData("dpmsolver", 2, false)]
    [InlineData("dpmsolver", 2, true)]
    [InlineData("dpmsolver", 3, false)]
    [InlineData("sde-dpmsolver++", 1, false)]
    [InlineData("sde-dpmsolver++", 2, false)]
    [InlineData("sde-dpmsolver++", 2, true)]
    [InlineData("sde-dpmsolver++", 3, false)]
    [InlineData("sde-dpmsolver", 2, false)]
    [InlineData("sde-dpmsolver", 2, true)]
    public void Step_AnyAlgorithm_IsThePapersFormula(string algorithm, int order, bool heun)
    {
        var final = algorithm.EndsWith("++", StringComparison.Ordinal) ? "zero" : "sigma_min";
        var config = Config(
            $"\"algorithm_type\":\"{algorithm}\",\"solver_order\":{order},\"solver_type\":\"{(heun ? "heun" : "midpoint")}\",\"final_sigmas_type\":\"{final}\""
        );
        var timesteps = Enumerable.Range(0, 8).Select(i => (int)Math.Round((8 - i) * (999 / 8.0))).ToArray(); // linspace without its last point
        var expected = Reference(
            [.. timesteps.Select(t => SigmaOf(AlphasCumprod()[t])), final == "zero" ? 0 : SigmaOf(AlphasCumprod()[0])],
            algorithm,
            order,
            heun
        );
        var actual = Run(config, 8);
        Assert.All(
            expected.Zip(actual),
            pair =>
                Assert.True(
                    Math.Abs(pair.First - pair.Second) <= 2e-4 * Math.Max(1, Math.Abs(pair.First)),
                    $"{string.Join(' ', expected)}\n{string.Join(' ', actual)}"
                )
        );
    }

    [Fact]
    public void Step_WithNoiseOfItsOwn_NeedsIt()
    {
        using var scope = NewDisposeScope();
        using var scheduler = SchedulerFactory.Create("dpm++", Config("\"algorithm_type\":\"sde-dpmsolver++\",\"use_karras_sigmas\":true"), 8);
        Assert.True(scheduler.AddsNoise);
        Assert.Throws<ArgumentException>(() => scheduler.Step(ones([1, 4]), 0, ones([1, 4])));
        using var plain = SchedulerFactory.Create("dpm++", Config("\"use_karras_sigmas\":true"), 8);
        Assert.False(plain.AddsNoise);
    }

    [Fact]
    public void NoiseSchedule_ZeroTerminalSnr_LeavesNothingAtTheEndAndTheBeginningAsItWas()
    {
        var root = AlphasCumprod().Select(Math.Sqrt).ToArray();
        var expected = root.Select(value => Math.Pow((value - root[^1]) * root[0] / (root[0] - root[^1]), 2)).ToArray();
        var schedule = new NoiseSchedule(Config("\"rescale_betas_zero_snr\":true"));
        Assert.True(schedule.HasZeroSnr);
        Assert.Equal(0f, schedule.AlphasCumprod[999]);
        Assert.Equal(1f, schedule.BetaValues[999]);
        for (var t = 0; t < 999; t++)
        {
            Assert.Equal(expected[t], schedule.AlphasCumprod[t], 1e-4);
        }

        // Training at the last timestep sees noise alone.
        using var scope = NewDisposeScope();
        Assert.Equal(2f, schedule.AddNoise(ones([1, 4]), ones([1, 4]).Mul(2.0), 999)[0, 0].item<float>());
        Assert.Equal(
            -1f,
            new NoiseSchedule(Config("\"rescale_betas_zero_snr\":true,\"prediction_type\":\"v_prediction\""))
                .Target(ones([1, 4]), ones([1, 4]).Mul(2.0), 999)[0, 0]
                .item<float>()
        );
    }

    [Theory]
    [InlineData("dpm++", "trailing", "v_prediction")]
    [InlineData("dpm++", "linspace", "epsilon")]
    [InlineData("euler", "trailing", "v_prediction")]
    [InlineData("ddim", "trailing", "v_prediction")]
    [InlineData("pndm", "leading", "v_prediction")]
    public void Step_ZeroTerminalSnr_StaysFinite(string name, string spacing, string prediction)
    {
        using var scope = NewDisposeScope();
        var config = Config($"\"rescale_betas_zero_snr\":true,\"timestep_spacing\":\"{spacing}\",\"prediction_type\":\"{prediction}\"");
        using var scheduler = SchedulerFactory.Create(name, config, 10);
        Assert.Equal(name == "pndm" ? 901 : 999, scheduler.Timesteps[0]);
        var x = ones([1, 4]).Mul(scheduler.InitNoiseSigma);
        for (var call = 0; call < scheduler.Timesteps.Count; call++)
        {
            x = scheduler.Step(scheduler.ScaleModelInput(x, call), call, x);
        }

        Assert.True(isfinite(x).all().item<bool>());
        if (scheduler is DpmSolverMultistepScheduler dpm)
        {
            Assert.Equal(4096, dpm.Sigmas[0], 1e-3 * 4096); // diffusers' 2^-24 in place of 0
        }
    }

    [Fact]
    public void Pndm_ZeroTerminalSnr_IsPassedOverAsByDiffusers() =>
        Assert.Equal(
            Run(Config("\"timestep_spacing\":\"leading\""), 8, "pndm"),
            Run(Config("\"timestep_spacing\":\"leading\",\"rescale_betas_zero_snr\":true"), 8, "pndm")
        );

    [Fact]
    public void NoiseSchedule_TrainedBetas_AreTaken()
    {
        var betas = Enumerable.Range(0, 10).Select(i => 0.01 * (i + 1)).ToArray();
        var config = SchedulerConfig.Parse(
            $"{{\"num_train_timesteps\":10,\"trained_betas\":[{string.Join(',', betas.Select(b => FormattableString.Invariant($"{b}")))}]}}"
        );
        Assert.Equal([.. betas.Select(b => (float)b)], new NoiseSchedule(config).BetaValues.ToArray());
    }

    [Fact]
    public void Timesteps_ClippedLambda_LeaveOutWhatIsMostlyNoise()
    {
        using var whole = SchedulerFactory.Create("dpm++", Config("\"lambda_min_clipped\":-Infinity"), 10);
        using var clipped = SchedulerFactory.Create("dpm++", Config("\"lambda_min_clipped\":-1.0"), 10);
        var last = AlphasCumprod().Count(a => -Math.Log(SigmaOf(a)) >= -1);
        Assert.Equal((999d, last - 1d), (whole.Timesteps[0], clipped.Timesteps[0]));
    }

    [Theory]
    [InlineData("use_exponential_sigmas")]
    [InlineData("use_lu_lambdas")]
    public void Sigmas_GeometricSpacings_AreEvenInTheirLogarithms(string setting)
    {
        using var scheduler = (DpmSolverMultistepScheduler)SchedulerFactory.Create("dpm++", Config($"\"{setting}\":true"), 5);
        var logs = scheduler.Sigmas.Take(5).Select(s => Math.Log(s)).ToArray();
        var (top, bottom) = (Math.Log(SigmaOf(AlphasCumprod()[^1])), Math.Log(SigmaOf(AlphasCumprod()[0])));
        Assert.All(logs, (log, i) => Assert.Equal(top + (i / 4.0 * (bottom - top)), log, 1e-3));
    }

    [Fact]
    public void Create_KarrasThatEndsAtItsSmallestSigma_IsBuilt() =>
        Assert.All(Run(Config("\"use_karras_sigmas\":true,\"final_sigmas_type\":\"sigma_min\""), 20), value => Assert.True(double.IsFinite(value)));

    private static SchedulerConfig Config(string extra) => SchedulerConfig.Parse($"{{{Base},{extra}}}");

    private static double SigmaOf(double alphaCumprod) => Math.Sqrt((1 - alphaCumprod) / alphaCumprod);

    private static double[] AlphasCumprod()
    {
        var (start, end, product) = (Math.Sqrt(0.00085), Math.Sqrt(0.012), 1.0);
        return [.. Enumerable.Range(0, 1000).Select(t => product *= 1 - Math.Pow(start + (t * (end - start) / 999), 2))];
    }

    // One number, whose model output at each call is given; noise is 0.1 times the call's number plus one.
    private static double[] Run(SchedulerConfig config, int steps, string name = "dpm++")
    {
        using var scope = NewDisposeScope();
        using var scheduler = SchedulerFactory.Create(name, config, steps);
        var x = ones([1, 1]);
        var samples = new List<double>();
        for (var call = 0; call < scheduler.Timesteps.Count; call++)
        {
            x = scheduler.Step(ones([1, 1]).Mul(s_outputs[call % s_outputs.Length]), call, x, scheduler.AddsNoise ? ones([1, 1]).Mul(NoiseOf(call)) : null);
            samples.Add(x.item<float>());
        }

        return [.. samples];
    }

    private static double NoiseOf(int call) => 0.1 * (call + 1);

    private static double[] Reference(double[] sigmas, string algorithm, int order, bool heun)
    {
        double Alpha(int i) => 1 / Math.Sqrt(1 + (sigmas[i] * sigmas[i]));
        double Sigma(int i) => sigmas[i] * Alpha(i);
        double Lambda(int i) => Math.Log(Alpha(i)) - Math.Log(Sigma(i));
        var (x, m, samples, steps) = (1.0, new List<double>(), new List<double>(), sigmas.Length - 1);
        for (var i = 0; i < steps; i++)
        {
            m.Add(algorithm.EndsWith("++", StringComparison.Ordinal) ? (x - (Sigma(i) * s_outputs[i])) / Alpha(i) : s_outputs[i]);
            var (a, s, h) = (Alpha(i + 1), Sigma(i + 1), Lambda(i + 1) - Lambda(i));
            var use =
                i == steps - 1 ? 1
                : i == steps - 2 ? Math.Min(2, Math.Min(order, i + 1))
                : Math.Min(order, i + 1); // fewer than 15 steps end with lower orders
            double d1 = 0,
                d2 = 0;
            if (use >= 2)
            {
                var r0 = (Lambda(i) - Lambda(i - 1)) / h;
                d1 = (m[i] - m[i - 1]) / r0;
                if (use == 3)
                {
                    var r1 = (Lambda(i - 1) - Lambda(i - 2)) / h;
                    var older = (m[i - 1] - m[i - 2]) / r1;
                    (d1, d2) = (d1 + (r0 / (r0 + r1) * (d1 - older)), (d1 - older) / (r0 + r1));
                }
            }

            var midpoint = use == 2 && !heun;
            x = algorithm switch
            {
                "dpmsolver++" => (s / Sigma(i) * x)
                    - (a * (Math.Exp(-h) - 1) * m[i])
                    + (
                        midpoint ? -0.5 * a * (Math.Exp(-h) - 1) * d1
                        : use > 1 ? a * (((Math.Exp(-h) - 1) / h) + 1) * d1
                        : 0
                    )
                    - (use == 3 ? a * (((Math.Exp(-h) - 1 + h) / (h * h)) - 0.5) * d2 : 0),
                "dpmsolver" => (a / Alpha(i) * x)
                    - (s * (Math.Exp(h) - 1) * m[i])
                    - (
                        midpoint ? 0.5 * s * (Math.Exp(h) - 1) * d1
                        : use > 1 ? s * (((Math.Exp(h) - 1) / h) - 1) * d1
                        : 0
                    )
                    - (use == 3 ? s * (((Math.Exp(h) - 1 - h) / (h * h)) - 0.5) * d2 : 0),
                "sde-dpmsolver++" => (s / Sigma(i) * Math.Exp(-h) * x)
                    + (a * (1 - Math.Exp(-2 * h)) * m[i])
                    + (
                        midpoint ? 0.5 * a * (1 - Math.Exp(-2 * h)) * d1
                        : use > 1 ? a * (((1 - Math.Exp(-2 * h)) / (-2 * h)) + 1) * d1
                        : 0
                    )
                    + (use == 3 ? a * (((1 - Math.Exp(-2 * h) - (2 * h)) / (4 * h * h)) - 0.5) * d2 : 0)
                    + (s * Math.Sqrt(1 - Math.Exp(-2 * h)) * NoiseOf(i)),
                _ => (a / Alpha(i) * x)
                    - (2 * s * (Math.Exp(h) - 1) * m[i])
                    - (
                        midpoint ? s * (Math.Exp(h) - 1) * d1
                        : use > 1 ? 2 * s * (((Math.Exp(h) - 1) / h) - 1) * d1
                        : 0
                    )
                    + (s * Math.Sqrt(Math.Exp(2 * h) - 1) * NoiseOf(i)),
            };
            samples.Add(x);
        }

        return [.. samples];
    }
}
