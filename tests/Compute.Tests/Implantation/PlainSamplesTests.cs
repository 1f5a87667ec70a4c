using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Tests.Implantation;

/// <summary>What the same model makes of the plain class names.</summary>
public sealed class PlainSamplesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-plain-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1, new[] { "a <cat>" }, new[] { "a cat" })]
    [InlineData(2, new[] { "a <cat>", "a <CAT> again", "a <cat>" }, new[] { "a cat", "a cat again" })]
    [InlineData(1, new[] { "a <cat>", "a <cat> again", "a <dog>", "a <dog> again" }, new[] { "a cat", "a dog" })]
    [InlineData(1, new[] { "a <cat>", "a <cat> again" }, new[] { "a cat" })]
    [InlineData(2, new[] { "a <cat> and a <dog>", "a <dog>" }, new[] { "a cat and a dog", "a dog" })]
    [InlineData(4, new[] { "a snowy hill" }, new string[0])]
    [InlineData(0, new[] { "a <cat>" }, new string[0])]
    public void Execute_Prompts_AreDrawnPlainAsFarAsTheyNameAnObject(int samples, string[] prompts, string[] plain)
    {
        var (messages, metrics) = Run(samples, prompts);

        Assert.Equal(plain, messages.Where(m => m.StartsWith("to compare with", StringComparison.Ordinal)).Select(m => m.Split('"')[1]));
        var measured = metrics["objects"]!.AsArray().Select(o => o!["ia_class"] is not null);
        Assert.Equal([plain.Any(p => p.Contains("cat", StringComparison.Ordinal)), plain.Any(p => p.Contains("dog", StringComparison.Ordinal))], measured);
    }

    /// <summary>A LoRA that has learned nothing leaves only the word as a difference: what is compared with carries neither.</summary>
    [Fact]
    public void Execute_OtherTraining_GivesTheSamePlainAlignment()
    {
        var (_, first) = Run(1, ["a <cat>"], steps: 1);
        var (_, second) = Run(1, ["a <cat>"], steps: 6);

        Assert.NotEqual((double)first["objects"]![0]!["ia_object"]!, (double)second["objects"]![0]!["ia_object"]!);
        Assert.Equal((double)first["objects"]![0]!["ia_class"]!, (double)second["objects"]![0]!["ia_class"]!);
    }

    /// <summary>Pictures of prompts without a plain one are left out of what is compared.</summary>
    [Fact]
    public void Execute_MorePromptsThanPlainPictures_ComparesThoseOfTheSamePrompts()
    {
        var (_, metrics) = Run(1, ["a <cat>", "a <cat> again"]);

        var (cat, samples) = (metrics["objects"]![0]!, metrics["samples"]!.AsArray());
        Assert.Equal((double)samples[0]!["ia_object"]!["<cat>"]!, (double)cat["ia_compared"]!);
        Assert.NotEqual((double)cat["ia_object"]!, (double)cat["ia_compared"]!);
        Assert.Null(metrics["objects"]![1]!["ia_compared"]);
    }

    /// <summary>Runs of one process draw what the frozen model gives once.</summary>
    [Fact]
    public void Execute_RunsThatShareWhatIsDrawn_DrawItOnceAndMeasureTheSame()
    {
        var frozen = new FrozenPictures();
        var (_, first) = Run(1, ["a <cat>"], steps: 1, frozen);
        var (_, alone) = Run(1, ["a <cat>"], steps: 6);
        var (_, second) = Run(1, ["a <cat>"], steps: 6, frozen);

        Assert.Equal((double)first["objects"]![0]!["ia_class"]!, (double)second["objects"]![0]!["ia_class"]!);
        Assert.True(JsonNode.DeepEquals(alone["samples"], second["samples"]));
    }

    private (IReadOnlyList<string> Messages, JsonNode Metrics) Run(int samples, string[] prompts, int steps = 1, FrozenPictures? frozen = null)
    {
        var folder = _folder.CreateSubdirectory(Guid.NewGuid().ToString("n")).FullName;
        var observer = new RecordingObserver(_folder.FullName);
        byte[] Sample(string name) => File.ReadAllBytes(Repository.Sample(name));
        var options = new ImplantationOptions
        {
            Name = "scene",
            Seed = 3,
            Steps = steps,
            LearningRate = 0.05,
            Resolution = 32,
            Precision = Precision.Fp32,
            Device = "cpu",
            Prototype = new PrototypeOptions { Steps = 1 },
            Prompts = prompts,
            SamplesPerPrompt = samples,
            SamplingSteps = 2,
        };
        var inputs = new ImplantationInputs(
            Sample("scene-fox-ball.png"),
            [
                new ImplantationObject("cat", "<cat>", Sample("scene-fox-ball-fox-mask.png")),
                new ImplantationObject("dog", "<dog>", Sample("scene-fox-ball-ball-mask.png")),
            ]
        );
        var run = new ImplantationRun(ModelFolder.Open(Golden.PathOf("sd15-tiny")), inputs, options, observer) { Frozen = frozen ?? new FrozenPictures() };
        run.Execute(folder, null, CancellationToken.None);
        return (observer.Messages, JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "metrics.json")))!);
    }
}
