using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Safetensors;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Implantation.Reference;

/// <summary>
/// A run from bytes to files against the same run in arithmetic of its own: what is wired wrongly between the parts shows here, even where every part is right.
/// </summary>
public sealed class ReferenceTraceTests(ReferenceModel model) : IClassFixture<ReferenceModel>
{
    private static readonly Dictionary<string, ReferenceSettings> s_cases = new()
    {
        ["one of three, prototype of all embeddings, cosine"] = new ReferenceSettings
        {
            Seed = 9,
            K = 1,
            PrototypeSteps = 3,
            Cosine = true,
        },
        ["two of three, own views, area, prototype of the masked picture"] = new ReferenceSettings
        {
            Seed = 24,
            K = 2,
            OwnViews = true,
            Area = true,
            PrototypeSteps = 2,
            Fusion = (0, 1, 0),
        },
        ["all, cross-attention, random start, class loss by chance"] = new ReferenceSettings
        {
            Seed = 33,
            K = 3,
            CrossOnly = true,
            RandomStart = true,
            Area = true,
            ClassProbability = 0.5,
        },
    };

    public static TheoryData<string> Names => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Execute_FromBytesToFiles_IsTheReferencesRun(string name)
    {
        using var scope = NewDisposeScope();
        var settings = s_cases[name];
        var reference = new ReferenceTrace(model, settings);
        reference.Train();
        var folder = Directory.CreateTempSubdirectory("oneshot-trace-");
        try
        {
            var observer = new RecordingObserver(folder.FullName);
            var outcome = new ImplantationRun(ModelFolder.Open(model.Folder), ReferenceScene.Inputs, settings.ToOptions(), observer).Execute(
                folder.FullName,
                null,
                TestContext.Current.CancellationToken
            );

            Assert.Equal(settings.CrossOnly ? 44 : 88, reference.Modules.Count);
            AssertLosses(reference, observer.Losses);
            AssertWeights(reference, settings, folder.FullName);
            AssertPictures(reference, settings, folder.FullName);
            AssertMetrics(reference, folder.FullName, outcome.Metrics);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Cases_Draws_ReachWhatTheyAreToShow()
    {
        var draws = s_cases
            .Values.Select(settings => Enumerable.Range(0, settings.Steps).Select(step => ReferenceNumbers.Draw(settings.Seed, step, settings.K)).ToList())
            .ToList();
        foreach (var steps in draws)
        {
            Assert.Contains(steps, draw => draw.Timestep >= 600);
            Assert.Contains(steps, draw => draw.Timestep < 400);
        }

        Assert.True(
            draws.Take(2).All(steps => steps.Select(draw => string.Join(',', draw.Subset)).Distinct().Count() == 3),
            "The same objects are drawn twice."
        );
        Assert.Contains(draws[2], draw => draw.P < 0.5);
        Assert.Contains(draws[2], draw => draw.P >= 0.5);
    }

    private static void AssertLosses(ReferenceTrace reference, List<StepLosses> actual)
    {
        Assert.Equal(reference.Losses.Count, actual.Count);
        for (var step = 0; step < actual.Count; step++)
        {
            var expected = reference.Losses[step];
            Say($"step {step}: {expected} against {actual[step]}");
            AssertClose(expected.Global, actual[step][LossNames.Global], $"global loss of step {step}");
            AssertClose(expected.Object, actual[step][LossNames.Object], $"object loss of step {step}");
            AssertClose(expected.Class, actual[step][LossNames.Class], $"class loss of step {step}");
        }
    }

    private static void AssertWeights(ReferenceTrace reference, ReferenceSettings settings, string folder)
    {
        var file = SafetensorsFile.ReadAll(Path.Combine(folder, "trace.safetensors"));
        Assert.Equal(3 * reference.Modules.Count, file.Count);
        foreach (var module in reference.Modules)
        {
            var key = "lora_unet_" + module.Replace('.', '_');
            Assert.Equal(settings.Alpha, file[key + ".alpha"].item<float>());
            AssertMoved(reference.A(module), file[key + ".lora_down.weight"], settings, module + " A");
            AssertMoved(reference.B(module), file[key + ".lora_up.weight"], settings, module + " B");
        }

        for (var i = 0; i < 3; i++)
        {
            var name = ReferenceScene.Tokens[i];
            var vectors = SafetensorsFile.ReadAll(Path.Combine(folder, "learned_embeds", $"oneshot-{name.Trim('<', '>')}-trace.safetensors"));
            AssertMoved(reference.Vectors.AsSpan(i * settings.Vectors * 32, settings.Vectors * 32).ToArray(), vectors[name], settings, name);
        }
    }

    private static void AssertPictures(ReferenceTrace reference, ReferenceSettings settings, string folder)
    {
        var expected = reference.Draw();
        var actual = Directory.EnumerateFiles(Path.Combine(folder, "samples")).Order(StringComparer.Ordinal).Select(f => ImageReader.Read(f)).ToList();
        Assert.Equal(2, actual.Count);
        for (var i = 0; i < 2; i++)
        {
            var apart = Apart(expected[i], actual[i]);
            Say($"{settings.Prompt}, {i}: pixels are {apart:0.000} apart on average; the two pictures {Apart(actual[0], actual[1]):0.0}");
            Assert.True(apart < 0.5, $"Picture {i} is {apart:0.0} of 255 away from the reference's.");
        }

        Assert.True(Apart(actual[0], actual[1]) > 2, "The pictures of a prompt are alike.");
    }

    private static void AssertMetrics(ReferenceTrace reference, string folder, SampleMetrics metrics)
    {
        foreach (var picture in metrics.Samples)
        {
            var image = reference.Image(ImageReader.Read(Path.Combine(folder, picture.Path)));
            AssertClose(ReferenceTrace.Cosine(image, reference.Image(ReferenceTrace.Crop())).item<float>(), picture.Ia!.Value, "ia");
            AssertClose(ReferenceTrace.Cosine(image, reference.Words("a photo of dog and red cup in the snow")).item<float>(), picture.Ta!.Value, "ta");
            Assert.Equal(["<bb>", "<cc>"], picture.Named);
            for (var i = 0; i < 3; i++)
            {
                AssertClose(
                    ReferenceTrace.Cosine(image, reference.Image(ReferenceTrace.Masked(i))).item<float>(),
                    picture.IaObject[ReferenceScene.Tokens[i]],
                    $"ia_object of {i}"
                );
            }
        }

        for (var i = 0; i < reference.Prototypes.Count; i++)
        {
            AssertClose(1 - reference.Prototypes[i].Min(), metrics.Objects[i].PrototypeSimilarity!.Value, $"prototype of {i}");
        }
    }

    private static double Apart(RgbImage a, RgbImage b) => a.Pixels.Zip(b.Pixels, (x, y) => Math.Abs(x - y)).Average();

    private static void AssertClose(double expected, double actual, string what) =>
        Assert.True(Math.Abs(expected - actual) <= 2e-4 * Math.Max(1, Math.Abs(expected)), $"{what} is {actual}, not {expected}.");

    // Adam divides by the gradient's own size, so an element whose gradient is near zero may move otherwise: 2 % of the learning rate, with a rare outlier.
    private static void AssertMoved(float[] expected, Tensor actual, ReferenceSettings settings, string what)
    {
        var values = actual.contiguous().data<float>().ToArray();
        Assert.Equal(expected.Length, values.Length);
        var apart = expected.Zip(values, (x, y) => (double)Math.Abs(x - y)).ToList();
        var outliers = apart.Count(d => !(d <= 0.02 * settings.LearningRate));
        Assert.True(
            outliers <= Math.Max(1, expected.Length / 200),
            $"{what}: {outliers} of {expected.Length} values deviate; the largest by {apart.Max():E2}."
        );
    }

    private static void Say(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);
}
