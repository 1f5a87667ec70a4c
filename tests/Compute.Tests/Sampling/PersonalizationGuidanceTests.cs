using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Tokens;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Sampling;

public sealed class PersonalizationGuidanceTests : IDisposable
{
    private const int Steps = 3;
    private const string Prompt = "a photo of <cat> in the snow";

    private readonly LoadedModels _models = LoadedModels.Load(ModelFolder.Open(Golden.PathOf("sd15-tiny")), ScalarType.Float32, TestDevice.Device);
    private readonly LoraNetwork _network;
    private readonly Tensor _vectors;

    public PersonalizationGuidanceTests()
    {
        var embedding = LearnedEmbeddingsFile.Read(Golden.PathOf("embeds", "learned_embeds.safetensors"));
        _models.Tokenizer.AddLearnedToken("<cat>", (int)embedding.Vectors.shape[0]);
        _vectors = embedding.Vectors.to(TestDevice.Device);
        _network = LoraFile.ReadNetwork(Golden.PathOf("lora", "r4-kohya", "pytorch_lora_weights.safetensors"), _models.UNet.AdaptableLayers, TestDevice.Device);
    }

    public void Dispose()
    {
        _network.Dispose();
        _vectors.Dispose();
        _models.Dispose();
    }

    /// <summary>
    /// With a LoRA or without (Textual Inversion), with classifier-free guidance or without, a trajectory is that of three UNets that are loaded apart, each
    /// asked by itself: eps = u + g (f + s (t - f) - u), multiplied out.
    /// </summary>
    [Theory]
    [InlineData(true, 3, 1.5)]
    [InlineData(true, 3, 0.25)]
    [InlineData(true, 1, 2)]
    [InlineData(false, 3, 1.5)]
    [InlineData(false, 1, 2)]
    public void Run_OtherScale_IsTheFormulaOfSeparateModels(bool hasLora, double guidance, double scale)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var tuned = hasLora ? _network.MergeInto(_models.UNet.AdaptableLayers) : null;
        using var prompts = new PromptEncoder(_models.TextEncoder, _models.Tokenizer, _vectors);
        using var plain = new PromptEncoder(_models.TextEncoder, _models.Tokenizer, null);
        var frozen = new WeakModel(_models.UNet, plain, _ => "a photo of cat in the snow", tuned);
        var (positive, negative) = (prompts.Encode(Prompt), prompts.Encode("blurred"));
        var noise = Noise(2);
        var scheduler = SchedulerFactory.Create("ddim", _models.Scheduler, Steps);

        var drawn = new GuidedDenoiser(_models.UNet).Run(
            noise,
            positive,
            guidance == 1 ? null : negative,
            guidance,
            scheduler,
            personalization: new PersonalizationGuidance(frozen, frozen.Encode(Prompt), scale),
            cancellationToken: TestContext.Current.CancellationToken
        );

        using var original = _models.Folder.LoadUNet(ScalarType.Float32, TestDevice.Device);
        using var learned = _models.Folder.LoadUNet(ScalarType.Float32, TestDevice.Device);
        if (hasLora)
        {
            _network.Attach(learned.AdaptableLayers);
        }

        var (latents, class_) = (noise, new PromptEncoder(_models.TextEncoder, _models.Tokenizer, null).Encode("a photo of cat in the snow"));
        using var again = SchedulerFactory.Create("ddim", _models.Scheduler, Steps);
        for (var step = 0; step < Steps; step++)
        {
            var at = again.Timesteps[step];
            var (u, t, f) = (Ask(learned, latents, at, negative), Ask(learned, latents, at, positive), Ask(original, latents, at, class_));
            var expected =
                guidance == 1 ? t.Mul(scale).Add(f.Mul(1 - scale)) : u.Mul(1 - guidance).Add(t.Mul(guidance * scale)).Add(f.Mul(guidance * (1 - scale)));
            latents = again.Step(expected, step, latents, null);
        }

        _network.Detach();
        Golden.AssertClose(drawn, latents, 1e-4, "latents");
        Assert.True((drawn - Plain(noise, positive, guidance == 1 ? null : negative, guidance)).abs().max().item<float>() > 1e-2f);
    }

    [Fact]
    public void Draw_ScaleOfOne_IsWhatAPainterWithoutAFrozenModelDraws()
    {
        using var tuned = _network.MergeInto(_models.UNet.AdaptableLayers);
        using var prompts = new PromptEncoder(_models.TextEncoder, _models.Tokenizer, _vectors);
        var request = new SamplingRequest
        {
            Prompt = Prompt,
            Scheduler = "ddim",
            Steps = Steps,
            Width = 64,
            Height = 64,
            Count = 2,
        };
        var asked = new List<string>();
        using var plain = new PromptEncoder(_models.TextEncoder, _models.Tokenizer, null);
        var frozen = new WeakModel(
            _models.UNet,
            plain,
            prompt =>
            {
                asked.Add(prompt);
                return "a photo of cat in the snow";
            },
            tuned
        );
        var painter = new TextToImage(_models.UNet, _models.Vae, prompts, _models.Scheduler, frozen);
        var before = new TextToImage(_models.UNet, _models.Vae, prompts, _models.Scheduler).Draw(request);

        var one = painter.Draw(request with { PersonalizationGuidance = 1 });
        Assert.Empty(asked);
        var more = painter.Draw(request with { PersonalizationGuidance = 1.5 });

        Assert.Equal(before.Select(picture => picture.Pixels), one.Select(picture => picture.Pixels));
        Assert.All(before.Zip(more), pair => Assert.NotEqual(pair.First.Pixels, pair.Second.Pixels));
        Assert.Equal([Prompt], asked);
        // The model is as it was, so the same comes again.
        Assert.Equal(one.Select(picture => picture.Pixels), painter.Draw(request).Select(picture => picture.Pixels));
    }

    [Fact]
    public void Load_ClassNames_AreWhatTheFrozenModelIsAskedFor()
    {
        var said = Draw(new Dictionary<string, string>());
        Assert.Equal(said, Draw(new Dictionary<string, string> { ["<cat>"] = "cat" }));
        Assert.NotEqual(said, Draw(new Dictionary<string, string> { ["<cat>"] = "dog" }));

        byte[] Draw(IReadOnlyDictionary<string, string> classes)
        {
            using var pipeline = ImagePipeline.Load(
                _models.Folder,
                [],
                [new EmbeddingChoice(Golden.PathOf("embeds", "learned_embeds.safetensors"), "<cat>", null)],
                Precision.Fp32,
                "cpu",
                classes: classes
            );
            var request = new SamplingRequest
            {
                Prompt = Prompt,
                Scheduler = "ddim",
                Steps = 2,
                Width = 64,
                Height = 64,
                PersonalizationGuidance = 2,
            };
            return pipeline.Draw(request)[0].Pixels;
        }
    }

    [Fact]
    public void Load_NothingLearned_IsRefusedInOneSentence()
    {
        var error = Assert.Throws<InvalidInputException>(() =>
            ImagePipeline.Load(_models.Folder, [], [], Precision.Fp32, "cpu", classes: new Dictionary<string, string>())
        );
        Assert.Equal("personalization_guidance", error.Field);
        Assert.Equal("Personalization guidance goes from the model to what it has learned, and nothing that was learned is given.", error.Message);
    }

    private static Tensor Noise(long pictures)
    {
        using var random = new KeyedRandom(5, 0, RandomPurpose.SampleLatents);
        return random.Normal([pictures, 4, 16, 16]).to(TestDevice.Device);
    }

    private static Tensor Ask(UNet2DConditionModel unet, Tensor latents, double timestep, Tensor states) =>
        unet.call(latents, tensor([(float)timestep], device: latents.device), states.expand(latents.shape[0], -1, -1)).to(ScalarType.Float32);

    private Tensor Plain(Tensor noise, Tensor positive, Tensor? negative, double guidance)
    {
        using var scheduler = SchedulerFactory.Create("ddim", _models.Scheduler, Steps);
        return new GuidedDenoiser(_models.UNet).Run(noise, positive, negative, guidance, scheduler);
    }
}
