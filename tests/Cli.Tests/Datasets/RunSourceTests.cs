using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Documents.Datasets;

namespace OrleansOneShot.Cli.Tests.Datasets;

/// <summary>Which items are added to a run that has some already, and under which numbers.</summary>
public sealed class RunSourceTests
{
    [Fact]
    public void Choose_ForANewRun_IsAllInOrder() => Assert.Equal([(0, "a"), (1, "b"), (2, "c")], Choose(["a", "b", "c"], [], 3, again: false));

    [Fact]
    public void Choose_ForARunThatHasSome_IsWhatItLacks() =>
        Assert.Equal([(1, "b"), (3, "d")], Choose(["a", "b", "C", "d"], [(0, "a", Ended), (2, "c", Failed)], 4, again: false));

    [Fact]
    public void Choose_WhatHasFailedAgain_KeepsItsNumberAndId() =>
        Assert.Equal([(2, "c"), (1, "b")], Choose(["C", "a", "b"], [(0, "a", Ended), (2, "c", Failed)], 3, again: true));

    [Fact]
    public void Choose_LinesThatWereAddedToTheManifest_AreNotOfTheRun() =>
        Assert.Equal([(1, "new")], Choose(["new", "a", "b"], [(0, "a", Ended)], 2, again: true));

    private const DatasetItemState Ended = DatasetItemState.Succeeded;
    private const DatasetItemState Failed = DatasetItemState.Failed;

    private static IEnumerable<(int, string)> Choose(string[] ids, (int Number, string Id, DatasetItemState State)[] known, int count, bool again) =>
        RunSource
            .Choose(
                [.. ids.Select(Plan)],
                [
                    .. known.Select(item => new DatasetItemStatus
                    {
                        Number = item.Number,
                        Id = item.Id,
                        State = item.State,
                        Version = 1,
                    }),
                ],
                count,
                again
            )
            .Select(pair => (pair.Key, pair.Value.Id));

    private static DatasetItemPlan Plan(string id) =>
        new()
        {
            Id = id,
            Image = id,
            Objects = [],
            Classes = [],
            Tokens = [],
            Options = new ItemOptions(),
            Metadata = new Dictionary<string, string>(),
            Notes = [],
        };
}
