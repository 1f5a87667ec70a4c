using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>
/// What CLIP's image tower is fed (transformers' CLIPImageProcessor on Pillow): the shortest side resized by the antialiased filter to bytes, the centre cut
/// out, scaled, mean and deviation taken out. The published numbers were made with these very bytes.
/// </summary>
public sealed class ClipPreprocessor
{
    private readonly ClipPreprocessorConfig _config;
    private readonly float[][] _table;
    private readonly bool _keepsShape;

    /// <summary>Prepares for a CLIP.</summary>
    /// <param name="config">Its settings.</param>
    public ClipPreprocessor(ClipPreprocessorConfig config)
        : this(config, keepsShape: true) { }

    /// <summary>Prepares for a CLIP, or for a vision transformer that is fed squares of whole pictures (transformers' ViTImageProcessor).</summary>
    /// <param name="config">Its settings.</param>
    /// <param name="keepsShape">False squeezes the whole picture into the square, where true cuts out the centre.</param>
    internal ClipPreprocessor(ClipPreprocessorConfig config, bool keepsShape)
    {
        ArgumentNullException.ThrowIfNull(config);
        _config = config;
        _keepsShape = keepsShape;
        _table = [Table(0), Table(1), Table(2)];
    }

    /// <summary>Side of the square that comes out.</summary>
    public int Side => _config.CropSize;

    /// <summary>Prepares for the CLIP of a folder.</summary>
    /// <param name="folder">The folder with <c>preprocessor_config.json</c>.</param>
    /// <exception cref="InvalidInputException">The file is missing, unreadable or asks for something that is not supported.</exception>
    public static ClipPreprocessor Load(string folder) => new(ClipPreprocessorConfig.Read(Path.Combine(folder, "preprocessor_config.json")));

    /// <summary>Resizes, cuts and normalises.</summary>
    /// <param name="images">Pictures of any size, at least one.</param>
    /// <returns>float32 (N, 3, S, S) on the CPU, of the caller's dispose scope.</returns>
    public Tensor Process(params IReadOnlyList<RgbImage> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfZero(images.Count);
        var plane = Side * Side;
        var values = new float[images.Count * 3 * plane];
        for (var n = 0; n < images.Count; n++)
        {
            var pixels = ResizeAndCrop(images[n]).Pixels;
            for (var i = 0; i < pixels.Length; i++)
            {
                var channel = i % 3;
                values[(((n * 3) + channel) * plane) + (i / 3)] = _table[channel][pixels[i]];
            }
        }

        return tensor(values, [images.Count, 3, Side, Side]);
    }

    /// <summary>The first two steps: shortest side to size, the centre cut out (or all of it squeezed into the square).</summary>
    /// <param name="image">A picture of any size.</param>
    /// <returns>S x S pixels.</returns>
    public RgbImage ResizeAndCrop(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var (width, height) =
            !_keepsShape ? (Side, Side)
            : image.Width <= image.Height ? (_config.Size, Long(image.Height, image.Width))
            : (Long(image.Width, image.Height), _config.Size);
        var window = new PixelRectangle((width - Side) / 2, (height - Side) / 2, Side, Side);
        return new RgbImage(
            Side,
            Side,
            Resampler.Resize(image, width, height, window, _config.Resample == 3 ? ResampleFilter.Bicubic : ResampleFilter.Bilinear)
        );
    }

    private int Long(int longSide, int shortSide) => (int)((long)_config.Size * longSide / shortSide);

    private float[] Table(int channel)
    {
        var table = new float[256];
        for (var value = 0; value < table.Length; value++)
        {
            var scaled = _config.DoRescale ? (float)(value * _config.RescaleFactor) : value;
            table[value] = _config.DoNormalise ? (scaled - _config.Mean[channel]) / _config.Deviation[channel] : scaled;
        }

        return table;
    }
}
