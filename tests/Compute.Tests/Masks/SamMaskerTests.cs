using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;
using OrleansOneShot.Compute.Masks.Sam;
using OrleansOneShot.Compute.Tests.Imaging;
using OrleansOneShot.TestKit.Models.Masks;

namespace OrleansOneShot.Compute.Tests.Masks;

public sealed class SamMaskerTests : IDisposable
{
    private static readonly RgbImage s_white = TestPictures.Make(128, 128, (_, _) => (255, 255, 255));
    private readonly string _folder = Directory.CreateTempSubdirectory("oneshot-sam-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Make_Box_IsTheEllipseInIt()
    {
        using var masker = Open();

        var mask = masker.Make(s_white, new MaskPrompt(new PixelRectangle(20, 40, 80, 40), []), TestContext.Current.CancellationToken);

        Assert.InRange(
            MaskFigures.Iou(mask, MaskFigures.Of(128, 128, (x, y) => Math.Pow((x + 0.5 - 60) / 40, 2) + Math.Pow((y + 0.5 - 60) / 20, 2) < 1)),
            0.95,
            1
        );
    }

    [Fact]
    public void Make_Point_IsTheDiscAroundIt()
    {
        using var masker = Open();

        // The square of 64 holds 128 pixels: the disc's 12 are 24 here.
        var mask = masker.Make(s_white, new MaskPrompt(null, [new PixelPoint(40, 90)]), TestContext.Current.CancellationToken);

        Assert.InRange(MaskFigures.Iou(mask, MaskFigures.Of(128, 128, (x, y) => MaskFigures.InDisc(x, y, 40, 90, 24))), 0.93, 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Make_DarkHalf_IsNotSeen(bool rows)
    {
        using var masker = Open(rows ? TinySam.EncoderOfRows() : TinySam.Encoder());
        var photo = TestPictures.Make(128, 128, (x, _) => x < 64 ? (255, 255, 255) : (0, 0, 0));

        var mask = masker.Make(photo, new MaskPrompt(new PixelRectangle(0, 0, 128, 128), []), TestContext.Current.CancellationToken);

        Assert.InRange(MaskFigures.Iou(mask, MaskFigures.Of(128, 128, (x, y) => x < 64 && MaskFigures.InDisc(x, y, 64, 64, 64))), 0.95, 1);
    }

    [Fact]
    public void Make_WidePhoto_ComesBackAtItsSize()
    {
        using var masker = Open();

        var mask = masker.Make(
            TestPictures.Make(256, 64, (_, _) => (255, 255, 255)),
            new MaskPrompt(null, [new PixelPoint(200, 30)]),
            TestContext.Current.CancellationToken
        );

        Assert.Equal((256, 64), (mask.Width, mask.Height));
        Assert.True(mask.Values[(30 * 256) + 200] > 0.5f);
        Assert.True(mask.Values[(30 * 256) + 60] < 0.5f);
    }

    [Fact]
    public void Make_SamePhotoAgain_TakesTheEmbeddingFromTheCache()
    {
        var prompt = new MaskPrompt(new PixelRectangle(20, 40, 80, 40), []);
        var cache = Path.Combine(_folder, "cache");
        using var first = Open(cache: cache);
        var expected = first.Make(s_white, prompt, TestContext.Current.CancellationToken);
        using var second = Open(cache: cache);

        Assert.Equal(expected.Values, second.Make(s_white, prompt, TestContext.Current.CancellationToken).Values);
        Assert.Equal((1, 0), (first.Encoded, second.Encoded));

        // Another photo is not that one.
        second.Make(TestPictures.Make(128, 128, (_, _) => (250, 250, 250)), prompt, TestContext.Current.CancellationToken);
        Assert.Equal(1, second.Encoded);
        Assert.Equal(2, Directory.GetFiles(cache).Length);
    }

    [Fact]
    public void Make_DamagedCacheFile_IsMadeAgain()
    {
        var cache = Path.Combine(_folder, "cache");
        using var masker = Open(cache: cache);
        var prompt = new MaskPrompt(null, [new PixelPoint(64, 64)]);
        masker.Make(s_white, prompt, TestContext.Current.CancellationToken);
        File.WriteAllBytes(Directory.GetFiles(cache).Single(), [1, 2, 3]);

        masker.Make(s_white, prompt, TestContext.Current.CancellationToken);

        Assert.Equal(2, masker.Encoded);
    }

    [Fact]
    public void Write_MoreThanFit_LetsTheOldestGo()
    {
        var cache = new SamEmbeddingCache(Path.Combine(_folder, "cache"));
        for (var i = 0; i < SamEmbeddingCache.MostFiles + 3; i++)
        {
            Assert.Null(cache.Write(Path.Combine(_folder, "cache", $"{i:D2}.safetensors"), new SamEmbedding([1, 1, 1, 1], [i], 64)));
            File.SetLastWriteTimeUtc(Path.Combine(_folder, "cache", $"{i:D2}.safetensors"), DateTime.UtcNow.AddHours(i - 100));
        }

        Assert.Equal(SamEmbeddingCache.MostFiles, Directory.GetFiles(Path.Combine(_folder, "cache")).Length);
        Assert.Null(SamEmbeddingCache.Read(Path.Combine(_folder, "cache", "00.safetensors")));
        Assert.Equal([34f], SamEmbeddingCache.Read(Path.Combine(_folder, "cache", "34.safetensors"))!.Values);
    }

    [Theory]
    [InlineData("point_labels")]
    [InlineData("orig_im_size")]
    public void Open_DecoderWithoutAnInput_NamesIt(string name)
    {
        var error = Assert.Throws<InvalidInputException>(() => Open(decoder: TinySam.Decoder(lacks: name)));

        Assert.Equal("sam-decoder", error.Field);
        Assert.Contains($"input {name}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Make_DecoderInPlaceOfTheEncoder_NamesWhatIsThere()
    {
        using var masker = Open(TinySam.Decoder());

        var error = Assert.Throws<InvalidInputException>(() =>
            masker.Make(s_white, new MaskPrompt(null, [new PixelPoint(1, 1)]), TestContext.Current.CancellationToken)
        );

        Assert.Equal("sam-encoder", error.Field);
        Assert.Contains("point_coords", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_MissingFile_NamesIt()
    {
        var error = Assert.Throws<InvalidInputException>(() => new SamMasker(Path.Combine(_folder, "none.onnx"), Path.Combine(_folder, "none.onnx")));

        Assert.Contains("none.onnx", error.Message, StringComparison.Ordinal);
        Assert.Equal("sam-encoder", error.Field);
    }

    private SamMasker Open(byte[]? encoder = null, byte[]? decoder = null, string? cache = null)
    {
        var (encoderFile, decoderFile) = (Path.Combine(_folder, "encoder.onnx"), Path.Combine(_folder, "decoder.onnx"));
        File.WriteAllBytes(encoderFile, encoder ?? TinySam.Encoder());
        File.WriteAllBytes(decoderFile, decoder ?? TinySam.Decoder());
        return new SamMasker(encoderFile, decoderFile, cache);
    }
}
