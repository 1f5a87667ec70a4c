using System.Text.Json;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Schedulers;

public sealed class SchedulerFactoryTests
{
    private const string StableDiffusion = """
        "_class_name":"PNDMScheduler","beta_start":0.00085,"beta_end":0.012,"beta_schedule":"scaled_linear","num_train_timesteps":1000,
        "set_alpha_to_one":false,"skip_prk_steps":true,"steps_offset":1,"trained_betas":null,"clip_sample":false
        """;

    [Theory]
    [InlineData("dpm++")]
    [InlineData("ddim")]
    [InlineData("euler")]
    [InlineData("pndm")]
    public void Create_FromTheModelsOwnConfig_HasThePipelinesTimesteps(string name)
    {
        // pipeline.json was made by X.from_config(pipe.scheduler.config), with SD 1.5's file, which leaves the spacing to the class.
        using var document = JsonDocument.Parse(File.ReadAllText(Golden.PathOf("pipeline", "pipeline.json")));
        var expected = document.RootElement.GetProperty($"plain.{(name == "dpm++" ? "dpmpp-2m" : name)}").GetProperty("timesteps");
        var config = SchedulerConfig.Load(Golden.PathOf("sd15-tiny", "scheduler", "scheduler_config.json"));
        using var scheduler = SchedulerFactory.Create(name, config, 8);
        Assert.Equal(expected.EnumerateArray().Select(t => (float)t.GetDouble()), scheduler.Timesteps.Select(t => (float)t));
    }

    [Fact]
    public void NameOf_OfTheEmbeddedModel_IsPndm() =>
        Assert.Equal("pndm", SchedulerFactory.NameOf(SchedulerConfig.Load(Path.Combine(Repository.Model, "scheduler", "scheduler_config.json"))));

    [Fact]
    public void NameOf_AnotherClass_IsRefusedWithTheNames()
    {
        var error = Assert.Throws<InvalidInputException>(() => SchedulerFactory.NameOf(new SchedulerConfig { ClassName = "LCMScheduler" }));
        Assert.Contains("LCMScheduler", error.Message, StringComparison.Ordinal);
        Assert.Contains("dpm++, ddim, euler, pndm", error.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ddim", 0)]
    [InlineData("ddim", -5)]
    [InlineData("euler", 1001)]
    [InlineData("pndm", int.MaxValue)]
    public void Create_StepsOutOfRange_IsRefused(string name, int steps)
    {
        var error = Assert.Throws<InvalidInputException>(() => SchedulerFactory.Create(name, Config(), steps));
        Assert.Equal($"steps is {steps}; it must be 1 to 1000.", error.Message);
        Assert.Equal("steps", error.Field);
    }

    [Theory]
    [InlineData("ddim", "")] // 999 + the offset 1 is no timestep
    [InlineData("pndm", "")]
    [InlineData("dpm++", "")] // linspace's rounding visits 500 twice
    [InlineData("dpm++", ",\"timestep_spacing\":\"leading\"")] // 1000 / 1001 is 0: one timestep over and over
    public void Create_StepsThatLeaveTheSchedule_IsRefused(string name, string extra) =>
        Assert.Contains(
            "1000 steps of",
            Assert.Throws<InvalidInputException>(() => SchedulerFactory.Create(name, Config(extra), 1000)).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("dpm++", 1, 1)]
    [InlineData("ddim", 1, 1)]
    [InlineData("euler", 1, 1)]
    [InlineData("pndm", 1, 1)]
    [InlineData("pndm", 2, 3)]
    [InlineData("dpm++", 999, 999)]
    [InlineData("ddim", 999, 999)]
    [InlineData("euler", 1000, 1000)]
    [InlineData("pndm", 999, 1000)]
    public void Step_AnyNumberOfSteps_StaysFinite(string name, int steps, int calls)
    {
        using var scope = NewDisposeScope();
        using var scheduler = SchedulerFactory.Create(name, Config(), steps);
        Assert.Equal(calls, scheduler.Timesteps.Count);
        using var generator = new Generator(3);
        var x = randn([1, 4, 2, 2], generator: generator).Mul(scheduler.InitNoiseSigma);
        for (var call = 0; call < calls; call++)
        {
            using var step = NewDisposeScope();
            x = scheduler.Step(scheduler.ScaleModelInput(x, call).Mul(0.5), call, x).MoveToOuterDisposeScope();
        }

        Assert.True(isfinite(x).all().item<bool>());
    }

    [Theory]
    [InlineData("ddim", "\"thresholding\":true", "thresholding is true")]
    [InlineData("dpm++", "\"thresholding\":true", "thresholding is true")]
    [InlineData("euler", "\"trained_betas\":[0.1]", "trained_betas")]
    [InlineData("ddim", "\"beta_schedule\":\"sigmoid\"", "beta_schedule is \"sigmoid\"")]
    [InlineData("ddim", "\"prediction_type\":\"sample\"", "prediction_type is \"sample\"")]
    [InlineData("ddim", "\"timestep_spacing\":\"random\"", "timestep_spacing is \"random\"")]
    [InlineData("ddim", "\"steps_offset\":-1", "steps_offset is -1")]
    [InlineData("ddim", "\"beta_start\":0", "beta_start is 0")]
    [InlineData("ddim", "\"beta_end\":1.5", "beta_end is 1.5")]
    [InlineData("ddim", "\"num_train_timesteps\":2000000000", "num_train_timesteps is 2000000000")]
    [InlineData("ddim", "\"rescale_betas_zero_snr\":true,\"timestep_spacing\":\"trailing\"", "rescale_betas_zero_snr leaves nothing of the picture")]
    [InlineData("pndm", "\"skip_prk_steps\":false", "skip_prk_steps")]
    [InlineData("dpm++", "\"algorithm_type\":\"unipc\"", "algorithm_type is \"unipc\"")]
    [InlineData("dpm++", "\"solver_order\":4", "solver_order is 4")]
    [InlineData("dpm++", "\"solver_order\":3,\"algorithm_type\":\"sde-dpmsolver\",\"final_sigmas_type\":\"sigma_min\"", "solver_order is 3")]
    [InlineData("dpm++", "\"algorithm_type\":\"dpmsolver\"", "final_sigmas_type is \"zero\"")]
    [InlineData("dpm++", "\"solver_type\":\"rk\"", "solver_type")]
    [InlineData("dpm++", "\"use_flow_sigmas\":true", "use_flow_sigmas")]
    [InlineData("dpm++", "\"lambda_min_clipped\":\"low\"", "lambda_min_clipped")]
    [InlineData("dpm++", "\"variance_type\":\"learned_range\"", "variance_type")]
    [InlineData("dpm++", "\"final_sigmas_type\":\"half\"", "final_sigmas_type")]
    [InlineData("euler", "\"use_beta_sigmas\":true", "use_beta_sigmas")]
    [InlineData("euler", "\"use_exponential_sigmas\":true,\"use_karras_sigmas\":true", "use_exponential_sigmas")]
    [InlineData("euler", "\"interpolation_type\":\"log_linear\"", "interpolation_type")]
    [InlineData("euler", "\"timestep_type\":\"continuous\",\"prediction_type\":\"v_prediction\"", "timestep_type")]
    [InlineData("euler", "\"sigma_min\":800,\"use_karras_sigmas\":true", "sigma_min is 800")]
    public void Create_UnsupportedValue_IsRefusedByName(string name, string setting, string expected)
    {
        var config = SchedulerConfig.Parse("{" + setting + (name == "pndm" ? "" : ",\"skip_prk_steps\":true") + "}");
        var error = Assert.Throws<InvalidInputException>(() => SchedulerFactory.Create(name, config, 20));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_ValueOfAnotherClass_IsIgnored()
    {
        using var scheduler = SchedulerFactory.Create("pndm", Config(",\"algorithm_type\":\"sde-dpmsolver++\",\"use_karras_sigmas\":true"), 8);
        Assert.Equal(9, scheduler.Timesteps.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("DPM++")]
    [InlineData("unipc")]
    public void Create_UnknownName_IsRefused(string name) =>
        Assert.Equal("scheduler", Assert.Throws<InvalidInputException>(() => SchedulerFactory.Create(name, Config(), 20)).Field);

    [Fact]
    public void Parse_PythonsBareInfinity_IsTaken()
    {
        using var scheduler = SchedulerFactory.Create("dpm++", Config(",\"lambda_min_clipped\":-Infinity"), 8);
        Assert.Equal(999, scheduler.Timesteps[0]);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("{\"beta_start\":\"small\"}")]
    public void Parse_NoConfiguration_IsRefused(string json) =>
        Assert.Contains("scheduler_config.json", Assert.Throws<InvalidInputException>(() => SchedulerConfig.Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Load_MissingFile_IsRefused() =>
        Assert.Contains(
            "doesn't exist",
            Assert.Throws<InvalidInputException>(() => SchedulerConfig.Load("/nonexistent/scheduler_config.json")).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("dpm++")]
    [InlineData("pndm")]
    public void Step_OutOfOrder_Throws(string name)
    {
        using var scope = NewDisposeScope();
        using var scheduler = SchedulerFactory.Create(name, Config(), 8);
        var x = ones([1, 4, 2, 2]);
        Assert.Throws<InvalidOperationException>(() => scheduler.Step(x, 1, x));
    }

    [Theory]
    [InlineData("dpm++")]
    [InlineData("ddim")]
    [InlineData("euler")]
    [InlineData("pndm")]
    public void Step_ASecondPicture_StartsAnewAndLeavesNothingBehind(string name)
    {
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using (var scheduler = SchedulerFactory.Create(name, Config(), 6))
        using (var scope = NewDisposeScope())
        {
            using var generator = new Generator(1);
            var start = randn([1, 4, 2, 2], generator: generator);
            Assert.Equal(Run(scheduler, start), Run(scheduler, start));
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        static float[] Run(IScheduler scheduler, Tensor x)
        {
            for (var call = 0; call < scheduler.Timesteps.Count; call++)
            {
                x = scheduler.Step(x.Mul(0.3), call, x);
            }
            return x.data<float>().ToArray();
        }
    }

    [Fact]
    public void Step_ShapesThatDiffer_Throws()
    {
        using var scope = NewDisposeScope();
        using var scheduler = SchedulerFactory.Create("ddim", Config(), 8);
        Assert.Throws<ArgumentException>(() => scheduler.Step(ones([2, 4]), 0, ones([1, 4])));
        Assert.Throws<ArgumentOutOfRangeException>(() => scheduler.Step(ones([1, 4]), 8, ones([1, 4])));
    }

    private static SchedulerConfig Config(string extra = "") => SchedulerConfig.Parse("{" + StableDiffusion + extra + "}");
}
