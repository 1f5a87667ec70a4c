namespace OrleansOneShot.Compute.Implantation;

/// <summary>The losses of every training step so far, by term.</summary>
public sealed class LossCurves
{
    private readonly List<StepLosses> _steps = [];

    /// <summary>The losses, one entry a step.</summary>
    public IReadOnlyList<StepLosses> Steps => _steps;

    /// <summary>The losses by name, in their order, a value a step; empty before the first step.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<double> Values)> Terms =>
        _steps.Count == 0 ? [] : [.. _steps[0].Names.Select((name, i) => (name, (IReadOnlyList<double>)[.. _steps.Select(step => step.Values[i])]))];

    /// <summary>Adds the losses of the next step.</summary>
    /// <param name="losses">The losses.</param>
    public void Add(StepLosses losses) => _steps.Add(losses);
}

/// <summary>The losses of one training step, in the order in which its method names them.</summary>
public sealed class StepLosses : IEquatable<StepLosses>
{
    private readonly IReadOnlyList<double> _values;

    /// <summary>Puts names to values.</summary>
    /// <param name="names">The method's names.</param>
    /// <param name="values">A value for each.</param>
    /// <exception cref="ArgumentException">There are more or fewer values than names.</exception>
    public StepLosses(IReadOnlyList<string> names, IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(values);
        if (names.Count != values.Count)
        {
            throw new ArgumentException($"{values.Count} values can't be the losses {string.Join(", ", names)}.", nameof(values));
        }

        Names = names;
        _values = values;
    }

    /// <summary>What they are called; see <see cref="Method.LossNames"/>.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The losses, one for each name; 0 for one that is switched off.</summary>
    public IReadOnlyList<double> Values => _values;

    /// <summary>What was minimised: their sum, in their order.</summary>
    public double Total => _values.Aggregate((sum, value) => sum + value);

    /// <summary>The loss of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="KeyNotFoundException">The method has no such loss.</exception>
    public double this[string name] =>
        Names.ToList().IndexOf(name) is >= 0 and var at ? _values[at] : throw new KeyNotFoundException($"There is no loss {name}.");

    /// <inheritdoc/>
    public bool Equals(StepLosses? other) => other is not null && Names.SequenceEqual(other.Names) && _values.SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StepLosses);

    /// <inheritdoc/>
    public override int GetHashCode() => _values.Aggregate(Names.Count, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Names.Zip(_values, (name, value) => FormattableString.Invariant($"{name} {value}")));
}

/// <summary>How the prototypical embedding of one object was found.</summary>
/// <param name="Losses">L_PE by step.</param>
/// <param name="BestStep">The step whose vectors were kept.</param>
public sealed record PrototypeCurve(IReadOnlyList<double> Losses, int BestStep)
{
    /// <summary>1 - L_PE of the kept vectors.</summary>
    public double Similarity => 1 - Losses[BestStep];
}
