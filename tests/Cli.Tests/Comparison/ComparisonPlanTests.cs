using OrleansOneShot.Cli.Comparison;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Compute;

namespace OrleansOneShot.Cli.Tests.Comparison;

/// <summary>Which objects tables are made of.</summary>
public sealed class ComparisonPlanTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Divide_LinesForTuning_AreInNoTableWhateverThePreset(bool isTuned)
    {
        var (table, tuning) = ComparisonPlan.Divide(
            [Compared.Item("a", ManifestSplit.Tuning), Compared.Item("b", ManifestSplit.Table), Compared.Item("c")],
            isTuned
        );

        Assert.Equal(["b", "c"], table.Select(item => item.Id));
        Assert.Equal(["a"], tuning.Select(item => item.Id));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(4, 1)]
    [InlineData(9, 3)]
    public void Divide_WithoutSuchLines_TheFirstQuarterIsForTuning(int objects, int tuned)
    {
        List<DatasetItemPlan> items = [.. Enumerable.Range(0, objects).Select(i => Compared.Item($"o{i}"))];

        var (table, tuning) = ComparisonPlan.Divide(items, isTuned: true);

        Assert.Equal(items.Take(tuned), tuning);
        Assert.Equal(items.Skip(tuned), table);
        Assert.Equal(items, ComparisonPlan.Divide(items, isTuned: false).Table);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Divide_NothingForTheTable_IsRefused(bool isSaid, bool isTuned)
    {
        var item = Compared.Item("a", isSaid ? ManifestSplit.Tuning : null);

        var refused = Assert.Throws<InvalidInputException>(() => ComparisonPlan.Divide([item], isTuned));

        Assert.Equal("manifest", refused.Field);
    }

    [Fact]
    public void PassesOf_Trainings_CountTermsAndPictures()
    {
        var ours = ComparisonCell.OfTable(Compared.Item("a"), ComparedMethod.All[0], new MethodSettings(1e-3, 10), 1);
        var lora = ComparisonCell.OfTable(Compared.Item("a"), ComparedMethod.All[1], new MethodSettings(1e-3, 10), 1);
        var dreamBooth = ComparisonCell.OfTable(Compared.Item("a"), ComparedMethod.All[3], new MethodSettings(1e-3, 10), 1);

        // Two pictures of 25 steps, each of two passes.
        Assert.Equal(100 + 70, ComparisonEstimate.PassesOf(ours, 25, 32));
        Assert.Equal(100 + 40, ComparisonEstimate.PassesOf(lora, 25, 32));
        Assert.Equal(100 + 1600 + 70, ComparisonEstimate.PassesOf(dreamBooth, 25, 32));
    }
}
