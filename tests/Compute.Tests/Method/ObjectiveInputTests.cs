using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Method;

/// <summary>What the UNet gets to see of a draw, by a predictor that only remembers it.</summary>
public sealed class ObjectiveInputTests : IDisposable
{
    private const float AlphaBar = 0.36f;

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _masks;
    private readonly KeyedRandom _random = new(5, 0, RandomPurpose.Noise);
    private Tensor? _sample;
    private Tensor? _timesteps;

    public ObjectiveInputTests()
    {
        // Three masks that don't overlap: rows 0, 1 and 2.
        _masks = zeros(3, 1, 4, 4);
        for (var i = 0; i < 3; i++)
        {
            _masks[i, 0, i].FillInPlace(1);
        }
    }

    public void Dispose()
    {
        _random.Dispose();
        _scope.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Evaluate_GlobalAndMaskedTerms_ShareNoiseAndTimestepAndSeeTheirOwnMask(bool ownViews)
    {
        var draw = Draw() with
        {
            ObjectLatents = ownViews ? new Dictionary<int, Tensor> { [0] = _random.Normal(1, 4, 4, 4), [2] = _random.Normal(1, 4, 4, 4) } : null,
        };
        Objective().Evaluate(draw, zeros(1, 8));
        Assert.Equal([3, 4, 4, 4], _sample!.shape);
        Assert.Equal([417L, 417, 417], _timesteps!.data<long>().ToArray());
        Tensor[] clean = [(draw.ObjectLatents?[0] ?? draw.Latents) * _masks[0], (draw.ObjectLatents?[2] ?? draw.Latents) * _masks[2], draw.Latents];
        for (var row = 0; row < clean.Length; row++)
        {
            // noisy = sqrt(abar) x + sqrt(1 - abar) eps, so eps comes back from every row, and is the same.
            var (noisy, x, eps) = (Values(_sample[row]), Values(clean[row]), Values(draw.Noise));
            for (var i = 0; i < eps.Length; i++)
            {
                Assert.Equal(eps[i], (noisy[i] - (0.6 * x[i])) / 0.8, 1e-5);
            }
        }
    }

    [Fact]
    public void Evaluate_PerfectPrediction_LosesNothingInAnyTerm()
    {
        var draw = Draw();
        var perfect = Objective(_ => draw.Noise.expand(3, -1, -1, -1)).Evaluate(draw, zeros(1, 8));
        Assert.Equal(0, perfect.Total.item<float>());

        // Off by 2 everywhere: the square in the global term, a quarter of it (the mask's share) in the masked ones.
        var off = Objective(_ => draw.Noise.Add(2).expand(3, -1, -1, -1)).Evaluate(draw, zeros(1, 8));
        Assert.Equal(4, off.Global.item<float>(), 1e-5);
        Assert.Equal([0, 2], off.Masked.Keys.Order());
        Assert.All(off.Masked.Values, m => Assert.Equal(1, m.item<float>(), 1e-5));
    }

    private static double[] Values(Tensor tensor) => [.. tensor.contiguous().data<float>().ToArray().Select(v => (double)v)];

    private StepDraw Draw() => new(_random.Normal(1, 4, 4, 4), _random.Normal(1, 4, 4, 4), 417, AlphaBar, [0, 2], 0);

    private Objective Objective(Func<Tensor, Tensor>? predict = null)
    {
        Tensor Predict(Tensor sample, Tensor timesteps, Tensor states)
        {
            (_sample, _timesteps) = (sample, timesteps);
            return predict is null ? zeros_like(sample) : predict(sample);
        }

        Tensor[] ids = [.. Enumerable.Range(0, 3).Select(_ => zeros([1, 2], ScalarType.Int64))];
        return new Objective(
            Predict,
            (tokens, _) => zeros(tokens.shape[0], 2, 8),
            null,
            _masks,
            new ObjectivePrompts(ids[0], ids, ids, []),
            new ObjectiveOptions { ClassLoss = false }
        );
    }
}
