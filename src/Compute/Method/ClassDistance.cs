using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>
/// How far an object's vectors take a prompt from what the UNet knows: 1 less the mean cosine of the text encoder's last hidden states, which are all that a
/// UNet ever sees of a text, and those of the same prompt with the vectors that it starts from. Positions before the object's tokens are left out: they can't
/// see what comes behind them.
/// </summary>
public sealed class ClassDistance
{
    private readonly TextConditioner _conditioner;
    private readonly Tensor _ids;
    private readonly int _first;
    private readonly Tensor _start;

    /// <summary>Encodes the prompt as it starts.</summary>
    /// <param name="conditioner">The text encoder.</param>
    /// <param name="ids">The prompt: ids (1, L) in which the object's tokens are <c>vocabulary + 0 .. n - 1</c>.</param>
    /// <param name="vocabulary">The first id that is none of the vocabulary's.</param>
    /// <param name="start">The vectors to measure from, (n, d): those of the class name.</param>
    /// <exception cref="ArgumentException">The prompt does not name the object.</exception>
    public ClassDistance(TextConditioner conditioner, Tensor ids, int vocabulary, Tensor start)
    {
        ArgumentNullException.ThrowIfNull(ids);
        (_conditioner, _ids) = (conditioner, ids);
        _first = Array.FindIndex(ids.cpu().data<long>().ToArray(), id => id >= vocabulary);
        if (_first < 0)
        {
            throw new ArgumentException("The prompt does not name the object.", nameof(ids));
        }

        using var guard = no_grad();
        _start = States(start);
    }

    /// <summary>The distance of some vectors.</summary>
    /// <param name="vectors">Vectors (n, d).</param>
    /// <returns>0 to 2.</returns>
    public double Of(Tensor vectors)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return 1 - Cosine.Of(States(vectors), _start).mean().item<float>();
    }

    private Tensor States(Tensor vectors)
    {
        var states = _conditioner(_ids, vectors); // (1, L, d)
        return states.narrow(1, _first, states.shape[1] - _first);
    }
}
