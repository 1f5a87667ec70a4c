using OrleansOneShot.Common;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Optimisation;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019) over flat buffers: about ten operations a step for any number of tensors. The arithmetic and its order are those of
/// <c>torch.optim.AdamW</c> (betas 0.9 and 0.999, eps 1e-8, decay of the values before the update, no AMSGrad); with weight decay 0 it is
/// <c>torch.optim.Adam</c>.
/// </summary>
/// <remarks>A tensor without a gradient counts as one with gradient zero: its moments fade, and it decays.</remarks>
public sealed class FlatAdamW : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;
    private const string StepKey = "step";
    private readonly IReadOnlyList<FlatParameters> _groups;
    private readonly IReadOnlyList<double> _rates;
    private readonly Tensor[] _means;
    private readonly Tensor[] _variances;

    /// <summary>Creates the optimiser with moments of zero.</summary>
    /// <param name="groups">What it trains, all at one rate; it does not own them.</param>
    /// <param name="learningRate">Learning rate, finite, 0 or more.</param>
    /// <param name="weightDecay">Decoupled weight decay, finite, 0 or more; it acts on every value.</param>
    /// <exception cref="ArgumentOutOfRangeException">The learning rate or the weight decay is negative or not finite.</exception>
    public FlatAdamW(IReadOnlyList<FlatParameters> groups, double learningRate, double weightDecay = 0.01)
        : this([.. (groups ?? throw new ArgumentNullException(nameof(groups))).Select(group => new ParameterGroup("", group, learningRate))], weightDecay) { }

    /// <summary>Creates the optimiser with moments of zero.</summary>
    /// <param name="groups">What it trains, each at its own rate; it does not own them.</param>
    /// <param name="weightDecay">Decoupled weight decay, finite, 0 or more; it acts on every value.</param>
    /// <exception cref="ArgumentOutOfRangeException">A learning rate or the weight decay is negative or not finite.</exception>
    public FlatAdamW(IReadOnlyList<ParameterGroup> groups, double weightDecay)
    {
        ArgumentNullException.ThrowIfNull(groups);
        if (groups.FirstOrDefault(group => !double.IsFinite(group.LearningRate) || group.LearningRate < 0) is { LearningRate: var learningRate })
        {
            throw new ArgumentOutOfRangeException(nameof(groups), learningRate, "The learning rate must be a finite number of 0 or more.");
        }

        if (!double.IsFinite(weightDecay) || weightDecay < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(weightDecay), weightDecay, "The weight decay must be a finite number of 0 or more.");
        }

        _groups = [.. groups.Select(group => group.Parameters)];
        _rates = [.. groups.Select(group => group.LearningRate)];
        WeightDecay = weightDecay;
        _means = [.. _groups.Select(g => zeros_like(g.Values).DetachFromDisposeScope())];
        _variances = [.. _groups.Select(g => zeros_like(g.Values).DetachFromDisposeScope())];
    }

    /// <summary>What every group's learning rate is multiplied with; may change between steps.</summary>
    public double RateFactor { get; set; } = 1;

    /// <summary>Decoupled weight decay.</summary>
    public double WeightDecay { get; }

    /// <summary>Steps taken so far.</summary>
    public long StepCount { get; internal set; }

    /// <summary>First moments, one flat tensor a group.</summary>
    internal IReadOnlyList<Tensor> Means => _means;

    /// <summary>Second moments, one flat tensor a group.</summary>
    internal IReadOnlyList<Tensor> Variances => _variances;

    /// <summary>Updates the values by the gradients that are there. It leaves the gradients alone.</summary>
    public void Step()
    {
        StepCount++;
        var correction1 = 1 - Math.Pow(Beta1, StepCount);
        var correction2 = Math.Sqrt(1 - Math.Pow(Beta2, StepCount));
        using var guard = no_grad();
        for (var i = 0; i < _groups.Count; i++)
        {
            using var scope = NewDisposeScope();
            var rate = _rates[i] * RateFactor;
            Tensor values = _groups[i].Values,
                gradients = _groups[i].Gradients;
            if (WeightDecay != 0)
            {
                values.MulInPlace(1 - (rate * WeightDecay));
            }

            _means[i].MulInPlace(Beta1).AddInPlace(gradients, 1 - Beta1);
            _variances[i].MulInPlace(Beta2).AddcmulInPlace(gradients, gradients, 1 - Beta2);
            var denominator = _variances[i].sqrt().DivInPlace(correction2).AddInPlace(Epsilon);
            values.AddcdivInPlace(_means[i], denominator, -rate / correction1);
        }
    }

    /// <summary>Sets every gradient to zero.</summary>
    public void ZeroGradients()
    {
        foreach (var group in _groups)
        {
            group.ZeroGradients();
        }
    }

    /// <summary>
    /// The state for a checkpoint: <c>step</c> (int64), and <c>0.mean</c>, <c>0.variance</c>, ... by group. With the values themselves it resumes bit for bit.
    /// </summary>
    /// <returns>Copies on the CPU, owned by the caller's dispose scope.</returns>
    public Dictionary<string, Tensor> Export()
    {
        var state = new Dictionary<string, Tensor> { [StepKey] = tensor(StepCount) };
        for (var i = 0; i < _groups.Count; i++)
        {
            state[MeanKey(i)] = _means[i].cpu().clone();
            state[VarianceKey(i)] = _variances[i].cpu().clone();
        }

        return state;
    }

    /// <summary>The tensors of a state that <see cref="Export"/> gives.</summary>
    /// <returns>Name, type and shape of each.</returns>
    internal IEnumerable<(string Name, ScalarType Type, long[] Shape)> StateShapes()
    {
        yield return (StepKey, ScalarType.Int64, []);
        for (var i = 0; i < _groups.Count; i++)
        {
            yield return (MeanKey(i), ScalarType.Float32, [_groups[i].Count]);
            yield return (VarianceKey(i), ScalarType.Float32, [_groups[i].Count]);
        }
    }

    /// <summary>Takes over a state that <see cref="Export"/> gave.</summary>
    /// <param name="state">The state; other keys are ignored.</param>
    /// <exception cref="InvalidInputException">
    /// A key is missing or of another shape or type, the number of steps is negative, or a second moment is; the optimiser is unchanged.
    /// </exception>
    public void Import(IReadOnlyDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        foreach (var (name, type, shape) in StateShapes())
        {
            if (!state.TryGetValue(name, out var tensor) || tensor.dtype != type || !tensor.shape.AsSpan().SequenceEqual(shape))
            {
                throw Unfit($"lacks {name} of shape {Wording.Shape(shape)} and type {type}", name);
            }
        }

        var step = state[StepKey].item<long>();
        for (var i = 0; i < _groups.Count; i++)
        {
            using var scope = NewDisposeScope();
            if (step < 0 || state[VarianceKey(i)].min().item<float>() < 0)
            {
                throw Unfit(step < 0 ? $"claims {step} steps" : $"has a negative value in {VarianceKey(i)}", step < 0 ? StepKey : VarianceKey(i));
            }
        }

        StepCount = step;
        for (var i = 0; i < _groups.Count; i++)
        {
            _means[i].copy_(state[MeanKey(i)]);
            _variances[i].copy_(state[VarianceKey(i)]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _means.Concat(_variances))
        {
            tensor.Dispose();
        }
    }

    private static string MeanKey(int group) => $"{group}.mean";

    private static string VarianceKey(int group) => $"{group}.variance";

    private static InvalidInputException Unfit(string problem, string field) =>
        new($"The optimiser's state {problem}.", field, "The checkpoint belongs to other settings; start again.");
}
