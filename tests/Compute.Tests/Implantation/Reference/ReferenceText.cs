using OrleansOneShot.Compute.Tokenization;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Implantation.Reference;

/// <summary>
/// The ids of a run's texts, put together by hand: row j of object i is id vocabulary + i n + j; a text stands between start and end, and ends fill the rest.
/// </summary>
internal sealed class ReferenceText
{
    private const int Context = 77;
    private readonly ClipTokenizer _plain;
    private readonly int _n;

    public ReferenceText(ReferenceModel model, int n)
    {
        _n = n;
        _plain = model.NewTokenizer();
        Tokenizer = model.NewTokenizer();
        foreach (var token in ReferenceScene.Tokens)
        {
            Tokenizer.AddLearnedToken(token, n);
        }
    }

    /// <summary>A tokenizer that knows the objects' tokens.</summary>
    public ClipTokenizer Tokenizer { get; }

    /// <summary>The end token's id.</summary>
    public int End => 959;

    /// <summary>Ids of plain words, without start and end.</summary>
    public IReadOnlyList<int> Ids(string words) => _plain.ContentIds(words);

    /// <summary>A training prompt that names some objects: "the photo of {} here".</summary>
    public Tensor Prompt(IReadOnlyList<int> objects)
    {
        List<int> ids = [.. Ids("the photo of")];
        for (var at = 0; at < objects.Count; at++)
        {
            ids.AddRange([.. at == 0 ? [] : Ids("and"), .. Learned(objects[at])]);
        }

        return Complete([.. ids, .. Ids("here")]);
    }

    /// <summary>c_p: an object's own tokens alone.</summary>
    public Tensor Rows(int i) => Complete([.. Learned(i)]);

    /// <summary>Plain words as a text.</summary>
    public Tensor Plain(string words) => Complete([.. Ids(words)]);

    private IEnumerable<int> Learned(int i) => Enumerable.Range(960 + (i * _n), _n);

    /// <summary>A text of ids between start and end.</summary>
    public static Tensor Complete(IReadOnlyCollection<int> ids) =>
        tensor([.. new[] { 958 }.Concat(ids).Concat(Enumerable.Repeat(959, Context - 1 - ids.Count)).Select(id => (long)id)], [1, Context], ScalarType.Int64);
}
