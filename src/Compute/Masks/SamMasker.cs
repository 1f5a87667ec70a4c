using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks.Onnx;
using OrleansOneShot.Compute.Masks.Sam;

namespace OrleansOneShot.Compute.Masks;

/// <summary>
/// Masks by Segment Anything (Kirillov et al. 2023) through ONNX Runtime, with the encoder and decoder files that the user gives: the usual exports of SAM
/// ViT-B and MobileSAM. Files that keep tensors elsewhere are refused before the runtime sees them.
/// </summary>
public sealed class SamMasker : IMasker, IDisposable
{
    private readonly OnnxFile _encoderFile;
    private readonly SamDecoder _decoder;
    private readonly SamEmbeddingCache? _cache;
    private SamEncoder? _encoder;

    /// <summary>Reads and checks both files.</summary>
    /// <param name="encoder">Path of the image encoder.</param>
    /// <param name="decoder">Path of the prompt decoder.</param>
    /// <param name="cacheFolder">Where embeddings of pictures are kept; null keeps none.</param>
    /// <exception cref="InvalidInputException">
    /// A file is missing, too large, damaged, keeps tensors in other files, or is not that part of SAM; the message names what is missing.
    /// </exception>
    public SamMasker(string encoder, string decoder, string? cacheFolder = null)
    {
        _encoderFile = OnnxFile.Read(encoder, "sam-encoder");
        var decoderModel = OnnxModel.Load(OnnxFile.Read(decoder, "sam-decoder"));
        try
        {
            _decoder = new SamDecoder(decoderModel);
        }
        catch
        {
            decoderModel.Dispose();
            throw;
        }

        _cache = cacheFolder is null ? null : new SamEmbeddingCache(cacheFolder);
    }

    /// <inheritdoc/>
    public string Method => "sam";

    /// <summary>Pictures that went through the encoder, rather than coming from the cache.</summary>
    internal int Encoded { get; private set; }

    /// <inheritdoc/>
    public MaskImage Make(RgbImage image, MaskPrompt prompt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(prompt);
        prompt.Check(image.Width, image.Height);
        List<string> warnings = [];
        var embedding = Embed(image, warnings);
        cancellationToken.ThrowIfCancellationRequested();
        var frame = new SamFrame(embedding.Side, image.Width, image.Height);
        var points = prompt
            .Points.Select(p => new PixelPoint(
                Math.Min(frame.Width - 1, p.X * frame.Width / image.Width),
                Math.Min(frame.Height - 1, p.Y * frame.Height / image.Height)
            ))
            .ToList();
        var found = MaskCleaner.Clean(_decoder.Decode(embedding, frame, prompt), points, prompt.Box is null);
        if (found.Count == 0)
        {
            throw new InvalidInputException(
                $"SAM found no object {(prompt.Box is null ? "at the points" : "in the box")}.",
                prompt.Box is null ? "point" : "box",
                "Give a closer box, or more points on the object."
            );
        }

        var mask = MaskCleaner.Place(found, new PixelRectangle(0, 0, image.Width, image.Height), image.Width, image.Height);
        return new MaskImage(mask.Width, mask.Height, mask.Values, warnings);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _encoder?.Dispose();
        _decoder.Dispose();
    }

    private SamEmbedding Embed(RgbImage image, List<string> warnings)
    {
        var file = _cache?.FileOf(image, _encoderFile.Sha256);
        if (file is not null && SamEmbeddingCache.Read(file) is { } kept)
        {
            return kept;
        }

        _encoder ??= OpenEncoder();
        var embedding = _encoder.Embed(image);
        Encoded++;
        if (file is not null && _cache!.Write(file, embedding) is { } warning)
        {
            warnings.Add(warning);
        }

        return embedding;
    }

    private SamEncoder OpenEncoder()
    {
        var model = OnnxModel.Load(_encoderFile);
        try
        {
            return new SamEncoder(model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
