using System.Text.Json;
using OrleansOneShot.Cli.Comparison;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Tests.Comparison;

/// <summary>A training as an item of a dataset run.</summary>
public sealed class ComparisonCellTests : IDisposable
{
    private static readonly MethodSettings s_settings = new(3e-3, 40, LearningRateSchedule.Cosine);

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OfTable_Cells_AreCalledByObjectMethodAndSeed()
    {
        var item = Compared.Item("cat");

        Assert.Equal(("cat.lora.s7", "lora"), Name(ComparisonCell.OfTable(item, Method("lora"), s_settings, 7)));
        Assert.Equal(("cat.lora.g3.s1", "lora.g3"), Name(ComparisonCell.OfGrid(item, Method("lora"), s_settings, 3, 1)));

        static (string Id, string Row) Name(ComparisonCell cell) => (cell.Id, cell.Row);
    }

    [Theory]
    [InlineData("lora", false)]
    [InlineData("ours-no-prototype", true)]
    public async Task ToLine_InAManifest_IsTheSameTraining(string method, bool isBox)
    {
        var reading = new MaskReading { Invert = true, Value = MaskValue.Parse("0000FF") };
        var mask = _folder.Write("cat-mask.png", Pictures.Plain(8, 8, 255));
        var item = Compared.Item("cat") with
        {
            Image = _folder.Write("cat.png", Pictures.Plain(8, 8, 9)),
            Objects =
            [
                isBox
                    ? new ObjectArgument(null, new MaskPrompt(new PixelRectangle(1, 2, 3, 4), []), "cat", "<cat>")
                    : new ObjectArgument(mask, null, "cat", "<cat>", reading),
            ],
            Metadata = new Dictionary<string, string> { ["shop"] = "7" },
        };
        var cell = ComparisonCell.OfTable(item, Method(method), s_settings, 5);
        var manifest = _folder.Write("cells.jsonl", System.Text.Encoding.UTF8.GetBytes(cell.ToLine("0f")));

        var plan = await new ManifestFile(manifest, new ItemCheck("toyworld-64", null), new ItemOptions()).ReadAsync(TestContext.Current.CancellationToken);

        var read = Assert.Single(plan.Items);
        Assert.Equal((cell.Id, item.Image), (read.Id, read.Image));
        Assert.Equal((item.Objects[0].Mask, item.Objects[0].Prompt?.Box), (read.Objects[0].Mask, read.Objects[0].Prompt?.Box));
        Assert.Equal(
            (item.Objects[0].Reading?.Invert ?? false, item.Objects[0].Reading?.Value),
            (read.Objects[0].Reading!.Invert, read.Objects[0].Reading!.Value)
        );
        Assert.Equal(JsonSerializer.Serialize(cell.Options, DocumentJson.Options), JsonSerializer.Serialize(read.Options, DocumentJson.Options));
        Assert.Equal((3e-3, 40, 5), (read.Options.Training.LearningRate, read.Options.Training.Steps, read.Options.Seed));
        Assert.Equal(("7", method, "cat", "0f"), (read.Metadata["shop"], read.Metadata["method"], read.Metadata["object"], read.Metadata["cell"]));
    }

    [Fact]
    public void Options_OfAVariant_ReplaceWhatTheyNameAndNothingElse()
    {
        var item = Compared.Item("cat");
        var options = item.Options with
        {
            Training = new TrainingOptions { Rank = 16, Precision = Precision.Fp32 },
        };
        var variant = Assert.Single(VariantOption.Read(["own=--rank 4 --lr 0.5 --no-prototype --guidance 2"]));
        var settings = s_settings.With(variant.Change);

        var cell = ComparisonCell.OfTable(item with { Options = options }, variant, settings, 5);

        // 4 is the option's default: given, it counts.
        Assert.Equal(
            (4, 0.5, 40, Precision.Fp32, LearningRateSchedule.Cosine),
            (
                cell.Options.Training.Rank,
                cell.Options.Training.LearningRate,
                cell.Options.Training.Steps,
                cell.Options.Training.Precision,
                cell.Options.Training.Schedule
            )
        );
        Assert.Equal(
            (false, true, 2.0, 2),
            (cell.Options.Method.Prototype, cell.Options.Method.ClassLoss, cell.Options.Samples.GuidanceScale, cell.Options.Samples.PerPrompt)
        );
        Assert.Equal((0.5, 40), (settings.LearningRate, settings.Steps));
        Assert.Equal(("own", "cat.own.s5", "ours"), (cell.Row, cell.Id, variant.SettingsId));
        Assert.Equal("dreambooth", VariantOption.Read(["db=--method dreambooth"])[0].SettingsId);
    }

    private static ComparedMethod Method(string id) => ComparedMethod.All.Single(method => method.Id == id);
}
