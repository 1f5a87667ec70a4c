using OrleansOneShot.Compute.Method;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Method;

public sealed class PrototypeLearnerTests(MethodGoldens goldens) : IClassFixture<MethodGoldens>
{
    private static readonly Dictionary<string, FusionWeights> s_fusions = new()
    {
        ["average"] = FusionWeights.Average,
        ["image"] = FusionWeights.ImageOnly,
        ["masked-image"] = FusionWeights.MaskedImageOnly,
        ["class"] = FusionWeights.ClassOnly,
        ["weighted"] = new FusionWeights(0.5, 0.3, 0.2),
    };

    [Theory]
    [InlineData("average")]
    [InlineData("image")]
    [InlineData("masked-image")]
    [InlineData("class")]
    [InlineData("weighted")]
    public void Loss_OfTheClassStart_AgreesWithTheReference(string fusion)
    {
        using var scope = NewDisposeScope();
        var target = s_fusions[fusion].Fuse(goldens["pe.image_embedding"], goldens["pe.masked_image_embedding"], goldens["pe.class_embedding"]);
        Golden.AssertClose(target, goldens[$"pe.theta.{fusion}"], 1e-5, $"theta.{fusion}");

        var vectors = MethodGoldens.Vectors(ClassStart());
        var loss = new PrototypeLearner(goldens.Embedder, new PrototypeOptions()).Loss(goldens["pe.own_ids"], vectors, target);
        Assert.Equal((double)goldens.Json["pe"]!["loss"]![fusion]!, loss.item<float>(), TestDevice.Tolerance(1e-5));
        loss.backward();
        Golden.AssertClose(vectors.grad!, goldens[$"pe.grad.{fusion}"], 1e-4, $"pe.grad.{fusion}");
    }

    [Theory]
    [InlineData("class", true)]
    [InlineData("class-free-norm", false)]
    [InlineData("random", true)]
    public void Learn_TwentySteps_FollowsTheReferenceTrajectory(string name, bool keepNorm)
    {
        using var scope = NewDisposeScope();
        var trajectory = goldens[$"pe.trajectory.{name}"]; // (21, 4, 32)
        var expected = goldens.Json["pe"]!["trajectories"]![name]!["losses"]!.AsArray().Select(x => (double)x!).ToArray();
        if (name != "random")
        {
            Golden.AssertClose(ClassStart(), trajectory[0], 1e-6, "class start");
        }

        var learner = new PrototypeLearner(
            goldens.Embedder,
            new PrototypeOptions
            {
                Steps = 20,
                LearningRate = 0.01,
                KeepNorm = keepNorm,
            }
        );
        var result = learner.Learn(goldens["pe.own_ids"], trajectory[0], goldens["pe.theta.average"], TokenVectors.VocabularyNorm(goldens.TokenEmbedding));

        Assert.Equal(21, result.Losses.Count);
        var worst = result.Losses.Zip(expected, (a, b) => Math.Abs(a - b)).Max();
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: losses deviate by {worst:E2} at most (tolerance 1E-05)");
        Assert.True(worst <= TestDevice.Tolerance(1e-5), $"L_PE deviates by {worst:E2}.");
        Assert.Equal(20, result.BestStep);
        Golden.AssertClose(result.Vectors, trajectory[20], 1e-4, $"{name}: vectors after 20 steps");
        Assert.Equal(1 - expected[20], result.Similarity, TestDevice.Tolerance(1e-5));
    }

    /// <summary>The last vectors of the reference's trajectory before a distance, which is computed here by hand.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(11)]
    [InlineData(0)]
    public void Learn_LimitBetweenTwoStepsOfTheReference_KeepsTheVectorsBefore(int step)
    {
        using var scope = NewDisposeScope();
        var (trajectory, ids) = (goldens["pe.trajectory.class"], goldens["sp1.ids"]);
        var away = Enumerable.Range(0, 21).Select(i => Distance(trajectory[0], trajectory[i])).ToList();
        Assert.All(Enumerable.Range(0, step + 1), i => Assert.True(away[i] < away[i + 1], $"The distance does not grow at step {i}."));
        var limit = (away[step] + away[step + 1]) / 2;
        TestContext.Current.TestOutputHelper?.WriteLine($"distances {string.Join(' ', away.Select(d => $"{d:E2}"))}");

        var distance = new ClassDistance(goldens.Conditioner, ids, (int)goldens.TokenEmbedding.shape[0], trajectory[0]);
        Assert.Equal(0, distance.Of(trajectory[0]), TestDevice.Tolerance(1e-6));
        Assert.Equal(away[20], distance.Of(trajectory[20]), TestDevice.Tolerance(1e-6));

        var result = new PrototypeLearner(
            goldens.Embedder,
            new PrototypeOptions
            {
                Steps = 20,
                LearningRate = 0.01,
                Distance = limit,
            },
            distance
        ).Learn(goldens["pe.own_ids"], trajectory[0], goldens["pe.theta.average"], TokenVectors.VocabularyNorm(goldens.TokenEmbedding));

        Assert.Equal((step + 2, step), (result.Losses.Count, result.BestStep));
        Assert.Equal(away[step], result.Distance!.Value, TestDevice.Tolerance(1e-5));
        Golden.AssertClose(result.Vectors, trajectory[step], 1e-4, "the vectors before the limit");
    }

    [Fact]
    public void ClassDistance_PromptWithoutTheObject_IsRefused()
    {
        using var scope = NewDisposeScope();
        var ids = zeros_like(goldens["sp1.ids"]);
        Assert.Throws<ArgumentException>(() =>
            new ClassDistance(goldens.Conditioner, ids, (int)goldens.TokenEmbedding.shape[0], goldens["pe.trajectory.class"][0])
        );
    }

    // 1 less the mean cosine, over all positions from the object's first token on.
    private double Distance(Tensor start, Tensor vectors)
    {
        using var guard = no_grad();
        var ids = goldens["sp1.ids"].cpu().data<long>().ToArray();
        var (a, b) = (goldens.Conditioner(goldens["sp1.ids"], start).cpu(), goldens.Conditioner(goldens["sp1.ids"], vectors).cpu());
        var first = Array.FindIndex(ids, id => id >= goldens.TokenEmbedding.shape[0]);
        Assert.InRange(first, 1, ids.Length - 5);
        var cosines = Enumerable
            .Range(first, ids.Length - first)
            .Select(position =>
            {
                double[] Row(Tensor states) => [.. states[0, position].contiguous().data<float>().ToArray().Select(v => (double)v)];
                var (x, y) = (Row(a), Row(b));
                return x.Zip(y).Sum(pair => pair.First * pair.Second) / Math.Sqrt(x.Sum(v => v * v) * y.Sum(v => v * v));
            });
        return 1 - cosines.Average();
    }

    [Fact]
    public void Learn_NothingToGain_StopsAfterThePatience()
    {
        using var scope = NewDisposeScope();
        var options = new PrototypeOptions
        {
            Steps = 300,
            LearningRate = 1e-9,
            KeepNorm = false,
        };
        var result = new PrototypeLearner(goldens.Embedder, options).Learn(
            goldens["pe.own_ids"],
            goldens["pe.trajectory.class"][0],
            goldens["pe.theta.average"],
            TokenVectors.VocabularyNorm(goldens.TokenEmbedding)
        );
        Assert.Equal(options.Patience + 1, result.Losses.Count);
    }

    [Fact]
    public void Learn_LearningRateFarTooHigh_KeepsTheBestVectors()
    {
        using var scope = NewDisposeScope();
        var learner = new PrototypeLearner(
            goldens.Embedder,
            new PrototypeOptions
            {
                Steps = 20,
                LearningRate = 5,
                KeepNorm = false,
            }
        );
        var result = learner.Learn(goldens["pe.own_ids"], goldens["pe.trajectory.class"][0], goldens["pe.theta.average"], 1);
        Assert.Equal(
            result.Losses.Min(),
            learner.Loss(goldens["pe.own_ids"], result.Vectors, goldens["pe.theta.average"]).item<float>(),
            TestDevice.Tolerance(1e-6)
        );
    }

    [Fact]
    public void VocabularyNorm_OfTheTinyModel_AgreesWithTheReference() =>
        Assert.Equal((double)goldens.Json["pe"]!["vocabulary_norm"]!, TokenVectors.VocabularyNorm(goldens.TokenEmbedding), TestDevice.Tolerance(1e-6));

    [Fact]
    public void Random_SameGenerator_HasTheVocabularysNorm()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        using var again = new Generator(3);
        var vectors = TokenVectors.Random(goldens.TokenEmbedding, 4, generator);
        Assert.Equal(TokenVectors.VocabularyNorm(goldens.TokenEmbedding), vectors.norm(-1).min().item<float>(), TestDevice.Tolerance(1e-5));
        Golden.AssertClose(vectors, TokenVectors.Random(goldens.TokenEmbedding, 4, again), 0, "same generator");
    }

    private Tensor ClassStart() =>
        TokenVectors.FromClass(goldens.TokenEmbedding, [.. goldens.Json["pe"]!["class_token_ids"]!.AsArray().Select(x => (long)x!)], 4);
}
