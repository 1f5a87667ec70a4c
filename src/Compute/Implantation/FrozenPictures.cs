using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Sampling;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>
/// Pictures that frozen models have drawn for the runs of this process, the latest few: what a plain class name gives, and DreamBooth's class pictures. They
/// depend on nothing that is learned, so of many photos of one class all runs but the first find them drawn. May be called from any thread.
/// </summary>
public sealed class FrozenPictures
{
    /// <summary>Most bytes of pixels that are kept.</summary>
    public const long MostBytes = 64L << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<FrozenDrawing, LinkedListNode<(FrozenDrawing Key, IReadOnlyList<RgbImage> Pictures)>> _byKey = [];
    private readonly LinkedList<(FrozenDrawing Key, IReadOnlyList<RgbImage> Pictures)> _latestFirst = [];
    private long _bytes;

    /// <summary>Finds pictures, or has them drawn. Two threads that want the same at once both draw it.</summary>
    /// <param name="drawing">All that decides what they are.</param>
    /// <param name="draw">Draws them.</param>
    /// <returns>The pictures, which nobody changes.</returns>
    public IReadOnlyList<RgbImage> GetOrDraw(FrozenDrawing drawing, Func<IReadOnlyList<RgbImage>> draw)
    {
        ArgumentNullException.ThrowIfNull(draw);
        lock (_lock)
        {
            if (_byKey.TryGetValue(drawing, out var found))
            {
                _latestFirst.Remove(found);
                _latestFirst.AddFirst(found);
                return found.Value.Pictures;
            }
        }

        var pictures = draw();
        lock (_lock)
        {
            if (!_byKey.ContainsKey(drawing) && BytesOf(pictures) <= MostBytes)
            {
                _byKey.Add(drawing, _latestFirst.AddFirst((drawing, pictures)));
                _bytes += BytesOf(pictures);
                while (_bytes > MostBytes)
                {
                    var oldest = _latestFirst.Last!.Value;
                    _latestFirst.RemoveLast();
                    _byKey.Remove(oldest.Key);
                    _bytes -= BytesOf(oldest.Pictures);
                }
            }
        }

        return pictures;
    }

    private static long BytesOf(IReadOnlyList<RgbImage> pictures) => pictures.Sum(picture => picture.Pixels.LongLength);
}

/// <summary>Finds what the frozen model of a run has drawn already, or draws it.</summary>
/// <param name="request">Prompt, sampler, size, seed and count.</param>
/// <param name="noise">What the noise is keyed by, where it is not the request's seed alone; else empty.</param>
/// <param name="draw">Draws it.</param>
/// <returns>The pictures.</returns>
internal delegate IReadOnlyList<RgbImage> FrozenRecall(SamplingRequest request, string noise, Func<IReadOnlyList<RgbImage>> draw);

/// <summary>All that decides what a frozen model draws.</summary>
/// <param name="Model">The model, and how it computes.</param>
/// <param name="Request">Prompt, sampler, size, seed and count.</param>
/// <param name="Noise">What the noise is keyed by, where it is not the request's seed alone; else empty.</param>
public readonly record struct FrozenDrawing(FrozenModel Model, SamplingRequest Request, string Noise = "");

/// <summary>A frozen model, and how it computes.</summary>
/// <param name="Hash">SHA-256 of its weights.</param>
/// <param name="Configuration">SHA-256 of its configuration files.</param>
/// <param name="ComputeType">What its UNet computes in.</param>
/// <param name="Device">Where: "cpu" or "cuda:N".</param>
public sealed record FrozenModel(string Hash, string Configuration, string ComputeType, string Device);
