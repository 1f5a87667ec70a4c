using OrleansOneShot.Cli.Comparison;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Tests.Support;

namespace OrleansOneShot.Cli.Tests.Comparison;

/// <summary>What reports say of figures that are made up.</summary>
public sealed class ComparisonReportTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_AComparison_SaysWhoIsBetterAndByWhatInterval()
    {
        var table = Table(0.02);

        var report = new ComparisonReport(Compared.Document("paper", table), [("pictures/scatter.png", "The scatter")]).Write();

        Assert.StartsWith("# One learning rate and step count for all (preset paper)\n", report, StringComparison.Ordinal);
        Assert.Contains(
            "* plain LoRA: better than ours by ta; worse than ours by colour_distance; no difference seen by ia.\n",
            report,
            StringComparison.Ordinal
        );
        Assert.Contains("| `ta` | higher | 0.600 [0.600, 0.600] | 0.500 [", report, StringComparison.Ordinal);
        Assert.Contains("| `ta` | higher | +0.020 [+0.020, +0.020]: **better** |", report, StringComparison.Ordinal);
        Assert.Contains("| `colour_distance` | lower | +2.0 [+2.0, +2.0]: **worse** |", report, StringComparison.Ordinal);
        Assert.Contains("| plain LoRA | 0.002 | 50 | 8 of 18 | not known |", report, StringComparison.Ordinal);
        Assert.Contains("* `cat.lora.s1`: It is / broken.\n", report, StringComparison.Ordinal);
        Assert.Contains("| KID, lower is better | (lost) | 0.2630 | 0.1222 | 0.1882 |", report, StringComparison.Ordinal);
        Assert.Contains("![The scatter](pictures/scatter.png)", report, StringComparison.Ordinal);
        Assert.DoesNotContain("How settings were chosen", report, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ATunedComparison_ShowsTheWholeGrid()
    {
        var document = Compared.Document("tuned", Table(0.02)) with
        {
            Tuning =
            [
                new GridDocument("lora", 5e-4, 20, 0.25, 0.5, false, false),
                new GridDocument("lora", 1e-3, 20, 0.5, 0.6, true, true),
                new GridDocument("lora", 2e-3, 20, null, null, false, false),
            ],
            TuningObjects = ["fox"],
        };

        var report = new ComparisonReport(document, []).Write();

        Assert.Contains("On `fox`, of which none is in the tables above", report, StringComparison.Ordinal);
        Assert.Contains(
            "| `lora` | 0.0005 | 20 | 0.250 | 0.500 | no |  |\n| `lora` | 0.001 | 20 | 0.500 | 0.600 | yes | **chosen** |\n",
            report,
            StringComparison.Ordinal
        );
        Assert.Contains("| `lora` | 0.002 | 20 | failed |  |  |  |\n", report, StringComparison.Ordinal);
    }

    [Fact]
    public void Put_OnePresetAfterTheOther_RemakesItsOwnSectionAlone()
    {
        var page = _folder["docs/RESULTS.md"];
        var picture = _folder.Write("pictures/cat.png", Pictures.Plain(1000, 500, 9));
        (string, string)[] pictures = [("cat.png", "cat")];

        new ResultsPage(page).Put(Compared.Document("tuned", Table(0.02)), Path.GetDirectoryName(picture)!, pictures);
        new ResultsPage(page).Put(Compared.Document("paper", Table(-0.02)), Path.GetDirectoryName(picture)!, pictures);
        var both = File.ReadAllText(page);
        new ResultsPage(page).Put(Compared.Document("tuned", Table(0)), Path.GetDirectoryName(picture)!, pictures);
        var again = File.ReadAllText(page);
        new ResultsPage(page).Put(Compared.Document("tuned", Table(0.02)), Path.GetDirectoryName(picture)!, pictures);

        Assert.Equal(both, File.ReadAllText(page));
        Assert.NotEqual(both, again);
        Assert.True(both.IndexOf("(preset paper)", StringComparison.Ordinal) < both.IndexOf("(preset tuned)", StringComparison.Ordinal));
        Assert.Contains("![cat](results/tuned/cat.png)", both, StringComparison.Ordinal);
        Assert.Contains("* plain LoRA: worse than ours by ta, colour_distance;", again, StringComparison.Ordinal);
        var (_, width, height) = Compute.Imaging.ImageReader.ReadHeader(_folder["docs/results/paper/cat.png"]);
        Assert.Equal((720, 360), (width, height));
    }

    private static ComparisonTable Table(double more) =>
        ComparisonTable.Of(
            [
                Compared.Measures("cat", ("ours", [0.50, 0.60, 10]), ("lora", [0.50 + more, 0.59, 12])),
                Compared.Measures("dog", ("ours", [0.40, 0.90, 20]), ("lora", [0.40 + more, 0.91, 22])),
                Compared.Measures("car", ("ours", [0.60, 0.20, 30]), ("lora", [0.60 + more, 0.20, 32])),
                Compared.Measures("owl", ("ours", [0.50, 0.60, 10]), ("lora", [0.50 + more, 0.59, 12])),
                Compared.Measures("cup", ("ours", [0.40, 0.90, 20]), ("lora", [0.40 + more, 0.91, 22])),
                Compared.Measures("fox", ("ours", [0.60, 0.20, 30]), ("lora", [0.60 + more, 0.20, 32])),
            ],
            ["ours", "lora"],
            "ours"
        );
}
