using OrleansOneShot.Common;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Safetensors;

/// <summary>
/// What a file of tensors must hold: every name with its types and shape, and nothing else. Headers are compared before any tensor is read, and finite values
/// are asked for before any is handed out, so whoever reads by a schema takes all of a file or nothing of it.
/// </summary>
internal sealed class TensorSchema
{
    /// <summary>A size that may be any.</summary>
    public const long Any = -1;

    /// <summary>The types that weights come in.</summary>
    public static readonly IReadOnlyList<ScalarType> Floating = [ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Float64];

    private readonly Dictionary<string, Wanted> _tensors = new(StringComparer.Ordinal);

    /// <summary>Asks for a tensor.</summary>
    /// <param name="name">Its key.</param>
    /// <param name="types">The types that it may have.</param>
    /// <param name="shape">Its sizes, each 0 or more, or <see cref="Any"/>.</param>
    /// <param name="finite">Whether its values must be finite.</param>
    /// <returns>The same schema.</returns>
    public TensorSchema With(string name, IReadOnlyList<ScalarType> types, long[] shape, bool finite = true)
    {
        _tensors.Add(name, new Wanted(types, shape, finite));
        return this;
    }

    /// <summary>Reads all tensors of an opened file.</summary>
    /// <param name="file">The file.</param>
    /// <returns>Views of the file by name, in the caller's dispose scope.</returns>
    /// <exception cref="UnfitTensorsException">A tensor is missing, of another type or shape, unexpected, or holds values that are not finite.</exception>
    public IReadOnlyDictionary<string, Tensor> Read(SafetensorsFile file)
    {
        Check(file.Header);
        var tensors = _tensors.Keys.ToDictionary(name => name, file.Get);
        var broken = tensors.Where(pair => _tensors[pair.Key].Finite && !IsFinite(pair.Value)).Select(pair => pair.Key).ToList();
        return broken.Count == 0
            ? tensors
            : throw new UnfitTensorsException($"{Wording.List(broken)} {(broken.Count == 1 ? "holds" : "hold")} values that are not finite");
    }

    /// <summary>Compares a header.</summary>
    /// <param name="header">The file's header.</param>
    /// <exception cref="UnfitTensorsException">A tensor is missing, of another type or shape, or unexpected.</exception>
    public void Check(SafetensorsHeader header)
    {
        var problems = new List<string>();
        foreach (var (name, (types, shape, _)) in _tensors)
        {
            if (!header.Tensors.TryGetValue(name, out var entry))
            {
                problems.Add($"{name} is missing");
            }
            else if (!types.Contains(entry.ElementType))
            {
                problems.Add(
                    $"{name} is of type {SafetensorsTypes.NameOf(entry.ElementType)}, not {Wording.List(types.Select(SafetensorsTypes.NameOf), " or ")}"
                );
            }
            else if (!Fits(shape, entry.Shape))
            {
                problems.Add(
                    $"{name} is {entry.ShapeText}, not [{Wording.List(shape.Select(size => size == Any ? "n" : FormattableString.Invariant($"{size}")))}]"
                );
            }
        }

        problems.AddRange(header.Tensors.Keys.Where(name => !_tensors.ContainsKey(name)).Select(name => $"{name} is unexpected"));
        if (problems.Count > 0)
        {
            throw new UnfitTensorsException(Wording.List(problems, "; "));
        }
    }

    private sealed record Wanted(IReadOnlyList<ScalarType> Types, long[] Shape, bool Finite);

    private static bool Fits(long[] wanted, long[] found) =>
        wanted.Length == found.Length && wanted.Zip(found).All(pair => pair.First == Any || pair.First == pair.Second);

    private static bool IsFinite(Tensor tensor) => !tensor.is_floating_point() || tensor.IsAllFinite();
}

/// <summary>
/// A file's tensors are not those of a <see cref="TensorSchema"/>. The message is a clause, such as <c>vectors is [3, 32], not [4, 32]</c>; whoever knows the
/// file puts it into a sentence.
/// </summary>
/// <param name="problems">What does not fit.</param>
internal sealed class UnfitTensorsException(string problems) : Exception(problems);
