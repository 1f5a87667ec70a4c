using System.Text.Json;
using OrleansOneShot.Compute.Metrics;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Metrics;

public sealed class MetricsGoldenTests
{
    private static readonly Dictionary<string, Tensor> s_tensors = Golden.Read("metrics", "metrics.safetensors");
    private static readonly JsonElement s_values = JsonDocument.Parse(File.ReadAllText(Golden.PathOf("metrics", "metrics.json"))).RootElement;

    private static readonly JsonElement s_kid = s_values.GetProperty("kid");
    private static readonly JsonElement s_aligned = s_values.GetProperty("alignment");

    [Fact]
    public void Full_OfStoredFeatures_EqualsTheReference()
    {
        AssertNear(s_kid.GetProperty("full").GetDouble(), KidClip.Full(s_tensors["kid.x"], s_tensors["kid.y"]), 1e-12, "kid full");
        AssertNear(s_kid.GetProperty("full_fp32").GetDouble(), KidClip.Full(s_tensors["kid.x"], s_tensors["kid.y"]), 1e-6, "kid full against fp32");
        AssertNear(
            s_kid.GetProperty("unequal_numbers").GetDouble(),
            KidClip.Full(s_tensors["kid.big_x"], s_tensors["kid.big_y"]),
            1e-12,
            "kid of unequal numbers"
        );
        AssertNear(s_kid.GetProperty("self").GetDouble(), KidClip.Full(s_tensors["kid.x"], s_tensors["kid.x"]), 1e-12, "kid with itself");
    }

    [Fact]
    public void OverSubsets_OfStoredRows_EqualsTheReference()
    {
        var score = KidClip.OverSubsets(s_tensors["kid.x"], s_tensors["kid.y"], s_tensors["kid.subsets"]);
        AssertNear(Doubles(s_kid, "subset_scores"), score.Scores, 1e-12, "kid subset");
        AssertNear(s_kid.GetProperty("subset_mean").GetDouble(), score.Mean, 1e-12, "kid mean");
        AssertNear(s_kid.GetProperty("subset_std_population").GetDouble(), score.PopulationDeviation, 1e-12, "kid population deviation");
        AssertNear(s_kid.GetProperty("subset_std_sample").GetDouble(), score.SampleDeviation, 1e-12, "kid sample deviation");
    }

    [Fact]
    public void Alignment_OfStoredFeatures_EqualsTheReference()
    {
        using var scope = NewDisposeScope();
        var images = s_tensors["align.image_features"];
        var (outputs, reference, texts) = (images.narrow(0, 0, 4), images.narrow(0, 4, 1), s_tensors["align.text_features"]);
        var ta = Alignment.TextAlignment(outputs, texts);
        var ia = Alignment.ImageAlignment(outputs, reference);
        AssertNear(Doubles(s_aligned, "ta"), ta, 1e-6, "ta");
        AssertNear(Doubles(s_aligned, "ia"), ia, 1e-6, "ia");
        AssertNear(Doubles(s_aligned, "clip_score"), Alignment.ClipScore(outputs, texts), 1e-6, "clip score");
        AssertNear(s_aligned.GetProperty("ta_mean").GetDouble(), ta.Average(), 1e-6, "ta mean");
        AssertNear(s_aligned.GetProperty("ia_mean").GetDouble(), ia.Average(), 1e-6, "ia mean");
    }

    [Fact]
    public void OverSubsets_DrawnByKey_RepeatAndAreNearTheWhole()
    {
        var (x, y) = (s_tensors["kid.x"], s_tensors["kid.y"]);
        var first = KidClip.OverSubsets(x, y, 100, 30, seed: 1);
        Assert.Equal(first.Scores, KidClip.OverSubsets(x, y, 100, 30, seed: 1).Scores);
        Assert.NotEqual(first.Scores, KidClip.OverSubsets(x, y, 100, 30, seed: 2).Scores);

        // Unbiased: the mean over subsets estimates the whole set's value.
        Assert.InRange(first.Mean - s_kid.GetProperty("full").GetDouble(), -0.05, 0.05);
        Assert.Equal(100, first.Scores.Distinct().Count());

        // A subset of everything is the whole.
        AssertNear(s_kid.GetProperty("full").GetDouble(), KidClip.OverSubsets(x, y, 1, 50, seed: 0).Mean, 1e-12, "kid of the whole as a subset");
    }

    [Fact]
    public void Metrics_ShapesThatDontFit_Throw()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => KidClip.Full(ones([1, 4]), ones([3, 4])));
        Assert.Throws<ArgumentException>(() => KidClip.Full(ones([3, 4]), ones([3, 5])));
        Assert.Throws<ArgumentException>(() => KidClip.OverSubsets(ones([3, 4]), ones([3, 4]), zeros([1, 2, 1], ScalarType.Int64)));
        Assert.Throws<ArgumentException>(() => KidClip.OverSubsets(ones([3, 4]), ones([2, 4]), TensorMath.Full([1, 2, 2], 2, ScalarType.Int64)));
        Assert.Throws<ArgumentOutOfRangeException>(() => KidClip.OverSubsets(ones([3, 4]), ones([2, 4]), 1, 3, 0));
        Assert.Throws<ArgumentException>(() => Alignment.ImageAlignment(ones([3, 4]), ones([2, 4])));
        Assert.Throws<ArgumentException>(() => Alignment.TextAlignment(ones([3, 4]), ones([3, 5])));
    }

    private static double[] Doubles(JsonElement parent, string name) => [.. parent.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];

    private static void AssertNear(double expected, double actual, double tolerance, string what) => AssertNear([expected], [actual], tolerance, what);

    private static void AssertNear(double[] expected, IReadOnlyList<double> actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Count);
        var worst = expected.Zip(actual).Max(pair => Math.Abs(pair.First - pair.Second));
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {worst:E2} absolute (tolerance {tolerance:E0})");
        Assert.True(worst <= tolerance, $"{what} deviates by {worst:E3}.");
    }
}
