using System.Text.Json;
using OrleansOneShot.Compute.Evaluation;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Tests.Imaging;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Evaluation;

public sealed class EvaluatorTests : IDisposable
{
    private readonly ClipFeatures _clip = ClipFeatures.Load(Repository.Model, "toyworld-64", CPU);
    private readonly RgbImage _photo = ImageReader.Read(Repository.Sample("cat.png"));
    private readonly MaskImage _mask;

    public EvaluatorTests() => _mask = MaskReader.Read(Repository.Sample("cat-mask.png"), _photo.Width, _photo.Height);

    public void Dispose() => _clip.Dispose();

    [Fact]
    public void Measure_GoldenPicturesAndPrompts_GivesTheReferencesTaAndIa()
    {
        // The golden CLIP with its own tokenizer: files to figures.
        using var scope = NewDisposeScope();
        using var clip = ClipFeatures.Load(Golden.PathOf("sd15-tiny"), "sd15-tiny", CPU);
        using var document = JsonDocument.Parse(File.ReadAllText(Golden.PathOf("metrics", "metrics.json")));
        var golden = document.RootElement.GetProperty("alignment");
        var pictures = Golden.Read("metrics", "metrics.safetensors")["align.images"];
        List<RgbImage> images = [.. Enumerable.Range(0, 5).Select(i => new RgbImage(64, 64, pictures[i].contiguous().data<byte>().ToArray()))];
        string[] prompts = [.. golden.GetProperty("prompts").EnumerateArray().Select(prompt => prompt.GetString()!)];
        using var evaluator = new Evaluator(clip, null, [new EvaluationReference(images[4], null)]);

        var measured = evaluator.Measure([.. prompts.Select((prompt, i) => new PictureSource($"{i}", prompt, () => images[i]))], batch: 3);

        // Pixels are resized by another library than the goldens' (tests/Goldens/README.md: up to 1/255 apart), which moves cosines by some 1e-4.
        var (ta, ia) = (golden.GetProperty("ta"), golden.GetProperty("ia"));
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(ta[i].GetDouble(), measured[i].Figures["ta"], 1e-3);
            Assert.Equal(ia[i].GetDouble(), measured[i].Figures["ia"], 1e-3);
        }

        Assert.Equal(["ta", "ia"], measured[0].Figures.Keys);
    }

    [Fact]
    public void Measure_InBatchesOfAnySize_GivesTheSame()
    {
        using var evaluator = new Evaluator(_clip, null, [EvaluationReference.Of(_photo, _mask, 64)]);
        List<PictureSource> pictures = [.. Samples("cat", "dog", "owl", "car", "backpack")];
        var (one, all) = (evaluator.Measure(pictures, 1), evaluator.Measure(pictures, 5));
        foreach (var (a, b) in one.Zip(all))
        {
            Assert.Equal(a.Name, b.Name);
            Assert.Equal(a.Figures.Keys, b.Figures.Keys);
            Assert.All(a.Figures, pair => Assert.Equal(pair.Value, b.Figures[pair.Key], 1e-4));
        }
    }

    [Fact]
    public void Measure_ThePhotoAmongOthers_IsTheNearestByEveryFigureOfLikeness()
    {
        using var evaluator = new Evaluator(_clip, null, [EvaluationReference.Of(_photo, _mask, 64)]);
        var measured = evaluator.Measure([.. Samples("cat", "dog", "owl", "rabbit", "car")], 2);
        foreach (var kind in FigureKind.OfPictures.Where(kind => kind != FigureKind.Ta && measured[0].Figures.ContainsKey(kind.Name)))
        {
            var values = measured.Select(one => one.Figures[kind.Name] * (kind.IsHigherBetter ? 1 : -1)).ToList();
            Assert.True(values[0] > values.Skip(1).Max(), $"{kind.Name}: {string.Join(' ', values)}");
        }

        Assert.Equal(["ta", "ia", "ia_object", "colour_distance", "patch_distance"], measured[0].Figures.Keys);
    }

    [Fact]
    public void Measure_SeveralReferences_AveragesOverThem()
    {
        var other = EvaluationReference.Of(ImageReader.Read(Repository.Sample("dog.png")), null, 64);
        var own = EvaluationReference.Of(_photo, _mask, 64);
        using var both = new Evaluator(_clip, null, [own, other]);
        using var first = new Evaluator(_clip, null, [own]);
        using var second = new Evaluator(_clip, null, [other]);
        List<PictureSource> pictures = [.. Samples("owl")];

        var figures = both.Measure(pictures, 1)[0].Figures;

        var (a, b) = (first.Measure(pictures, 1)[0].Figures, second.Measure(pictures, 1)[0].Figures);
        Assert.Equal((a["ia"] + b["ia"]) / 2, figures["ia"], 6);
        Assert.Equal(a["ia_object"], figures["ia_object"], 6);
        Assert.Equal(a["colour_distance"], figures["colour_distance"], 6);
        Assert.False(b.ContainsKey("ia_object"));
    }

    [Fact]
    public void MeasureSets_FloorAndCeiling_ReadEachPictureOnceAndOrderAsTheyShould()
    {
        using var evaluator = new Evaluator(_clip, null, [EvaluationReference.Of(_photo, _mask, 64)]);
        var reads = new List<string>();
        List<PictureSource> plain = [.. Samples("dog", "owl", "rabbit", "car").Select(one => one with { Read = () => Read(one) })];
        var told = new List<int>();

        var sets = evaluator.MeasureSets([.. Samples("cat", "photo-cat")], plain, 3, told.Add);

        Assert.Equal(["dog", "owl", "rabbit", "car"], reads);
        Assert.Equal(10, evaluator.CountOf(2, 4));
        Assert.Equal([2, 5, 8, 10], told);
        Assert.Equal(plain.Select(one => one.Name), sets.Floor.Select(one => one.Name));
        Assert.Equal(plain.Select(one => one.Name), sets.Ceiling.Select(one => one.Name));
        var report = EvaluationReport.Of(sets);
        foreach (var figure in report.Figures.Where(figure => figure.Name is "ia_object" or "colour_distance" or "patch_distance"))
        {
            var sign = figure.Better == "higher" ? 1 : -1;
            Assert.True(sign * figure.Ceiling!.Mean > sign * figure.Floor!.Mean, figure.ToString());
            Assert.NotNull(figure.Way);
        }

        RgbImage Read(PictureSource source)
        {
            reads.Add(source.Name);
            return source.Read();
        }
    }

    [Fact]
    public void MeasureSets_WithoutMask_HasFloorAlone()
    {
        using var evaluator = new Evaluator(_clip, null, [EvaluationReference.Of(_photo, null, 64)]);
        var sets = evaluator.MeasureSets([.. Samples("cat")], [.. Samples("dog")], 4);
        Assert.Equal((1, 1, 0), (sets.Outputs.Count, sets.Floor.Count, sets.Ceiling.Count));
        Assert.False(evaluator.HasCeiling);
    }

    [Fact]
    public void Measure_Cancelled_StopsBeforeTheNextBatch()
    {
        using var evaluator = new Evaluator(_clip, null, [EvaluationReference.Of(_photo, null, 64)]);
        using var source = new CancellationTokenSource();
        var done = 0;
        Assert.Throws<OperationCanceledException>(() => evaluator.Measure([.. Samples("cat", "dog", "owl")], 1, count => Cancel(count), source.Token));
        Assert.Equal(1, done);

        void Cancel(int count)
        {
            done = count;
            source.Cancel();
        }
    }

    [Fact]
    public void Load_OfABaseModel_NamesItsClipByItsFile()
    {
        Assert.Equal("toyworld-64/clip", _clip.Model.Name);
        Assert.Equal(FileHashes.Sha256(Path.Combine(Repository.Model, "clip", "model.safetensors")), _clip.Model.Sha256);
    }

    [Fact]
    public void Over_AnyPicture_PutsTheObjectWhereThePhotoHasItAndKeepsTheRest()
    {
        var ground = TestPictures.Make(100, 80, (_, _) => (0, 200, 0));
        var photo = TestPictures.Make(40, 40, (_, _) => (200, 0, 0));
        var mask = TestPictures.Mask(40, 40, new PixelRectangle(10, 5, 10, 20));

        var pasted = PastedObject.Over(ground, photo, mask);

        // The photo's square over the middle 80 x 80.
        Assert.Equal((100, 80), (pasted.Width, pasted.Height));
        List<(int X, int Y)> red = [.. Enumerable.Range(0, 8000).Where(i => pasted.Pixels[i * 3] > 100).Select(i => (i % 100, i / 100))];
        Assert.Equal((30, 49, 10, 49), (red.Min(p => p.X), red.Max(p => p.X), red.Min(p => p.Y), red.Max(p => p.Y)));
        Assert.Equal(20 * 40, red.Count);
        Assert.Equal(ground.Pixels[..(9 * 300)], pasted.Pixels[..(9 * 300)]);
        Assert.Throws<ArgumentException>(() => PastedObject.Over(ground, photo, new MaskImage(40, 40, new float[1600])));
    }

    private static IEnumerable<PictureSource> Samples(params string[] names) =>
        names.Select(name => new PictureSource(
            name,
            $"a {name.Replace("photo-", "", StringComparison.Ordinal)}",
            () => ImageReader.Read(Repository.Sample($"{name}.png"))
        ));
}
