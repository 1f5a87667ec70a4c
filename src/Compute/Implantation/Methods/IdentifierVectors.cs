using OrleansOneShot.Compute.Optimisation;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation.Methods;

/// <summary>What the identifiers of all objects stand for: rows that are learned, or those of words that the model knows.</summary>
internal sealed class IdentifierVectors : IDisposable
{
    /// <summary>Name of the group of learned vectors, and of its one parameter.</summary>
    public const string Name = "vectors";

    private readonly FlatParameters? _learned;
    private readonly Tensor? _constant;

    private IdentifierVectors(FlatParameters? learned, Tensor? constant) => (_learned, _constant) = (learned, constant);

    /// <summary>The rows, (rows, d).</summary>
    public Tensor Values => _constant ?? _learned![Name];

    /// <summary>Rows to be learned, zero as yet.</summary>
    /// <param name="run">The run.</param>
    public static IdentifierVectors Learned(MethodRun run) =>
        new(new FlatParameters([(Name, [run.Preparation.Tokens.Sum(t => t.Count), run.Models.TextEncoder.TokenTable.shape[1]])], run.Models.Device), null);

    /// <summary>The rows that the model has for words, so that an identifier encodes to the same states as the words in its place.</summary>
    /// <param name="run">The run.</param>
    /// <param name="words">The words of each object.</param>
    public static IdentifierVectors OfWords(MethodRun run, IEnumerable<string> words)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var ids = tensor(words.SelectMany(text => run.Models.Tokenizer.ContentIds(text)).Select(id => (long)id).ToArray()).to(run.Models.Device);
        var table = run.Models.TextEncoder.TokenTable;
        return new IdentifierVectors(null, table.detach().index_select(0, ids).to(ScalarType.Float32).clone().DetachFromDisposeScope());
    }

    /// <summary>Their group, if they are learned.</summary>
    /// <param name="learningRate">Its learning rate.</param>
    public IEnumerable<ParameterGroup> Groups(double learningRate) => _learned is null ? [] : [new ParameterGroup(Name, _learned, learningRate)];

    /// <summary>Gives learned rows their first values.</summary>
    /// <param name="run">The run.</param>
    /// <param name="parts">What trains, the rows among it.</param>
    /// <returns>How the objects' prototypical embeddings were found; empty without such.</returns>
    public static IReadOnlyList<PrototypeCurve> Start(MethodRun run, ITrainedParts parts)
    {
        using var scope = NewDisposeScope();
        var (start, curves) = StartingVectors.Find(run.Preparation, run.Models, run.Joint, run.Options, run.Observer, run.Cancellation);
        parts.Groups.Single(group => group.Name == Name).Parameters.Assign(Name, start);
        return curves;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _learned?.Dispose();
        _constant?.Dispose();
    }
}
