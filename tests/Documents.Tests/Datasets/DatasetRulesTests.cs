using System.Collections.Immutable;
using System.Globalization;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Documents.Tests.Datasets;

/// <summary>What a dataset run and its items may be.</summary>
public sealed class DatasetRulesTests
{
    [Theory]
    [InlineData("shoe-1", null)]
    [InlineData("a.b", null)]
    [InlineData("Report.CSV", "id is 'Report.CSV', which is the name of the report; a folder is called so: take another.")]
    [InlineData("aux.png", "id is 'aux.png', which means a device on Windows; a folder is called so: take another.")]
    [InlineData("shoe.", "id is 'shoe.', which ends with a dot; a folder is called so: take another.")]
    [InlineData("../shoe", "id is '../shoe'; use 1 to 64 letters, digits, '-', '_' or '.', and begin with a letter or a digit.")]
    public void FindInId_NamesThatFoldersCantHave_AreTold(string id, string? message) =>
        Assert.Equal(message, DatasetRules.FindInId("id", id).SingleOrDefault()?.Message);

    [Fact]
    public void Find_OfARun_NamesEveryField()
    {
        var run = new DatasetRunRequest
        {
            Name = "a b",
            Priority = 101,
            Parallel = 0,
            Items = DatasetRules.MostItems + 1,
            Metadata = Enumerable.Range(0, 15).ToDictionary(i => $"k{i}", _ => "x"),
        };

        Assert.Equal(["name", "priority", "parallel", "items", "metadata"], DatasetRules.Find(run).Select(problem => problem.Field));
        Assert.Equal("metadata has 15 entries; in a dataset run it must be from 0 to 14.", DatasetRules.Find(run).Last().Message);
    }

    [Fact]
    public void Find_OfItems_TakesEachNumberAndIdOnce()
    {
        var run = new DatasetRunRequest { Name = "shelf", Items = 3 };

        var problems = DatasetRules.Find(run, [Item(0, "a"), Item(0, "b"), Item(1, "A")]).ToList();

        Assert.Equal(
            ["items[1].number 0 is another item's of this batch already.", "items[2].id A is another item's of this batch already; each needs its own."],
            problems.Select(problem => problem.Message)
        );
        Assert.Equal("items has 0 items; it must be from 1 to 128.", Assert.Single(DatasetRules.Find(run, [])).Message);
        Assert.Equal(
            "items has 129 items; it must be from 1 to 128.",
            Assert.Single(DatasetRules.Find(run, [.. Enumerable.Repeat(Item(0, "a"), 129)])).Message
        );
    }

    [Fact]
    public void Complete_TakesOwnerAndPriorityFromTheRun_AndMetadataFromBoth()
    {
        var run = new DatasetRunRequest
        {
            Name = "shelf",
            Owner = "ann",
            Priority = 7,
            Items = 3,
            Metadata = new Dictionary<string, string> { ["season"] = "autumn", ["kind"] = "run" },
        };
        var item = Item(2, "a") with
        {
            Request = new ImplantationRequest
            {
                Name = "a",
                Owner = "bob",
                Priority = -3,
                Image = new string('a', 64),
                Objects = ImmutableArray<ObjectSpec>.Empty,
                Model = new ModelReference { Name = "m" },
                Metadata = new Dictionary<string, string> { ["kind"] = "item" },
            },
        };

        var complete = DatasetRules.Complete("r1", run, item);

        Assert.Equal(("ann", 7), (complete.Owner, complete.Priority));
        Assert.Equal(
            ["dataset_item=2", "dataset_run=r1", "kind=item", "season=autumn"],
            complete.Metadata.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}={pair.Value}"))
        );
    }

    [Fact]
    public void JobOf_OfEveryRun_IsAnId()
    {
        var run = "r-" + new string('0', 32);

        Assert.True(DatasetRules.IsRunId(run));
        Assert.False(DatasetRules.IsRunId(new string('r', 41)));
        RequestValidator.RequireId(DatasetRules.JobOf(run, DatasetRules.MostItems - 1, int.MaxValue));
    }

    private static DatasetItem Item(int number, string id) =>
        new()
        {
            Number = number,
            Id = id,
            Error = new ErrorDetail(ErrorCodes.InvalidInput, "It can't be read."),
        };
}
