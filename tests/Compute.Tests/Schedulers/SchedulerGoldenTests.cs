using System.Text.Json;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Schedulers;

public sealed class SchedulerGoldenTests
{
    private static readonly Dictionary<string, Tensor> s_tensors = Golden.Read("schedulers", "schedulers.safetensors");
    private static readonly JsonDocument s_settings = JsonDocument.Parse(File.ReadAllText(Golden.PathOf("schedulers", "schedulers.json")));

    public static TheoryData<string> Trajectories => [.. s_settings.RootElement.EnumerateObject().Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Trajectories))]
    public void Step_GivenModelOutputs_FollowsTheTrajectory(string name)
    {
        using var scope = NewDisposeScope();
        var expected = s_settings.RootElement.GetProperty(name);
        var outputs = s_tensors[$"{name}.model_outputs"];
        var samples = s_tensors[$"{name}.samples"];
        using var scheduler = Make(name);

        Assert.Equal(expected.GetProperty("calls").GetInt32(), scheduler.Timesteps.Count);
        Assert.Equal(expected.GetProperty("timesteps").EnumerateArray().Select(t => (float)t.GetDouble()), scheduler.Timesteps.Select(t => (float)t));
        AssertNear(expected.GetProperty("init_noise_sigma").GetDouble(), scheduler.InitNoiseSigma, $"{name} init_noise_sigma");
        Golden.AssertClose(s_tensors["fake.initial"].Mul(scheduler.InitNoiseSigma), samples[0], 1e-5, $"{name} initial");

        var worst = 0.0;
        var x = samples[0];
        for (var call = 0; call < scheduler.Timesteps.Count; call++)
        {
            if (s_tensors.TryGetValue($"{name}.model_inputs", out var inputs))
            {
                worst = Math.Max(worst, Golden.RelativeDeviation(scheduler.ScaleModelInput(samples[call], call), inputs[call]));
            }
            else
            {
                Assert.Equal(0, Golden.Deviation(scheduler.ScaleModelInput(samples[call], call), samples[call]));
            }

            // Our own samples are carried on, so that errors would add up.
            x = scheduler.Step(outputs[call], call, x);
            worst = Math.Max(worst, Golden.RelativeDeviation(x, samples[call + 1]));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {worst:E2} relative over {scheduler.Timesteps.Count} calls (tolerance 1E-005)");
        Assert.True(worst <= 1e-5, $"{name} deviates by {worst:E3} of the largest value.");
    }

    [Theory]
    [MemberData(nameof(Trajectories))]
    public void Sigmas_OfSigmaSchedulers_EqualTheStored(string name)
    {
        using var scheduler = Make(name);
        var actual = scheduler switch
        {
            EulerScheduler euler => euler.Sigmas,
            DpmSolverMultistepScheduler dpm => dpm.Sigmas,
            _ => null,
        };
        Assert.Equal(s_settings.RootElement.GetProperty(name).TryGetProperty("sigmas", out var sigmas), actual is not null);
        if (actual is null)
        {
            return;
        }
        var expected = sigmas.EnumerateArray().Select(s => s.GetDouble()).ToArray();
        Assert.Equal(expected.Length, actual.Count);
        for (var i = 0; i < expected.Length; i++)
        {
            AssertNear(expected[i], actual[i], $"{name} sigma {i}");
        }
    }

    [Fact]
    public void NoiseSchedule_OfStableDiffusion_EqualsTheStored()
    {
        using var scope = NewDisposeScope();
        var schedule = StableDiffusion();
        Golden.AssertClose(tensor(schedule.BetaValues.ToArray()), s_tensors["betas"], 1e-6, "betas");
        Golden.AssertClose(tensor(schedule.AlphasCumprod.ToArray()), s_tensors["alphas_cumprod"], 1e-6, "alphas_cumprod");
        Golden.AssertClose(tensor(schedule.AlphasCumprod.ToArray()).log(), s_tensors["alphas_cumprod"].log(), 1e-6, "log alphas_cumprod");
    }

    [Fact]
    public void AddNoiseAndVelocity_OfStoredInputs_EqualTheStored()
    {
        using var scope = NewDisposeScope();
        var schedule = StableDiffusion();
        var (x0, noise, timesteps) = (s_tensors["add_noise.x0"], s_tensors["add_noise.noise"], s_tensors["add_noise.timesteps"].data<long>().ToArray());
        Golden.AssertClose(schedule.AddNoise(x0, noise, timesteps), s_tensors["add_noise.out"], 1e-6, "add_noise");
        Golden.AssertClose(schedule.Velocity(x0, noise, timesteps), s_tensors["velocity.out"], 1e-6, "velocity");

        var velocity = new NoiseSchedule(Config("ddim.v_prediction.8"));
        Golden.AssertClose(velocity.Target(x0, noise, timesteps), s_tensors["velocity.out"], 1e-6, "target of v-prediction");
        Assert.Equal(0, Golden.Deviation(schedule.Target(x0, noise, timesteps), noise));
    }

    [Fact]
    public void AddNoise_OneTimestepForAllRows_EqualsTheSameForEach()
    {
        using var scope = NewDisposeScope();
        var schedule = StableDiffusion();
        var (x0, noise) = (s_tensors["add_noise.x0"], s_tensors["add_noise.noise"]);
        Assert.Equal(0, Golden.Deviation(schedule.AddNoise(x0, noise, 420), schedule.AddNoise(x0, noise, 420, 420, 420, 420, 420)));
    }

    private static NoiseSchedule StableDiffusion() => new(SchedulerConfig.Load(Golden.PathOf("sd15-tiny", "scheduler", "scheduler_config.json")));

    private static SchedulerConfig Config(string name) => SchedulerConfig.Parse(s_settings.RootElement.GetProperty(name).GetProperty("config").GetRawText());

    private static IScheduler Make(string name)
    {
        var config = Config(name) with { ClassName = s_settings.RootElement.GetProperty(name).GetProperty("class").GetString() };
        return SchedulerFactory.Create(
            SchedulerFactory.NameOf(config),
            config,
            int.Parse(name.Split('.')[^1], System.Globalization.CultureInfo.InvariantCulture)
        );
    }

    private static void AssertNear(double expected, double actual, string what) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-6 * Math.Abs(expected), $"{what} is {actual:R} instead of {expected:R}.");
}
