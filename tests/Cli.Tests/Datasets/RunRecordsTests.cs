using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Tests.Datasets;

/// <summary>What this machine knows of the runs that it began.</summary>
public sealed class RunRecordsTests : IDisposable
{
    private static readonly DateTimeOffset s_time = new(2026, 11, 28, 1, 2, 3, TimeSpan.Zero);

    private readonly TestFolder _folder = new();
    private readonly DataFolder _data;
    private readonly RunRecords _records;

    public RunRecordsTests()
    {
        _data = DataFolder.Resolve(_folder["data"]);
        _records = new RunRecords(_data);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Find_WhatWasSaved_IsAllOfIt()
    {
        var record = Record("r-1", s_time) with
        {
            Options = new ItemOptions
            {
                Training = new TrainingOptions { Steps = 7 },
                Samples = new SampleOptions { Prompts = ["a <cat>"] },
                Seed = 3,
            },
        };
        _records.Save(record);

        var found = _records.Find("r-1")!;

        Assert.Equal((7, 3L, "a <cat>"), (found.Options.Training.Steps, found.Options.Seed, found.Options.Samples.Prompts.Single()));
        Assert.Equal(record with { Options = found.Options, Metadata = found.Metadata }, found);
        Assert.Null(_records.Find("r-2"));
    }

    [Fact]
    public void Choose_NoRun_IsTheLatest_AlsoOneThatWasNotMadeYet()
    {
        _records.Save(Record("r-new", s_time.AddMinutes(1)));
        _records.Save(Record("r-old", s_time));
        var here = new SessionTarget(_data);

        Assert.Equal("r-new", RunPlace.Choose(_records, here, null).Id);
        Assert.Equal("r-old", RunPlace.Choose(_records, here, "r-old").Id);

        var pending = Record(null, s_time.AddMinutes(2));
        _records.Save(pending);
        Assert.Null(RunPlace.Choose(_records, here, null).Id);
        Assert.Equal(ErrorCodes.Conflict, Assert.Throws<OneShotException>(() => RunPlace.Require(_records, here, null)).Code);

        _records.Save(pending with { Id = "r-made" });
        Assert.Equal("r-made", RunPlace.Require(_records, here, null).Id);
    }

    [Fact]
    public void Choose_WithoutAnyRun_SaysWhereToLook() =>
        Assert.Equal(ErrorCodes.NotFound, Assert.Throws<OneShotException>(() => RunPlace.Choose(_records, new SessionTarget(_data), null)).Code);

    [Fact]
    public void Choose_TheLatestRunsElsewhere_SaysWhere()
    {
        _records.Save(Record("r-1", s_time) with { Place = "--server http://127.0.0.1:8080" });

        var e = Assert.Throws<InvalidInputException>(() => RunPlace.Choose(_records, new SessionTarget(_data), null));

        Assert.Contains("--server http://127.0.0.1:8080", e.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_ADamagedRecord_IsToldByItsPath()
    {
        _records.Save(Record("r-1", s_time));
        var file = Path.Combine(_data.Root, "dataset-runs", "r-1.json");
        File.WriteAllText(file, "{");

        Assert.Contains(file, Assert.Throws<OneShotException>(() => _records.Find(null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Notes_AreKept_AndTheLastOnesCount_WhateverWasBrokenOff()
    {
        _records.Save(Record("r-1", s_time));
        var notes = _records.NotesOf("r-1");
        Assert.Empty(notes.Read());
        notes.Add("cat", ["first"]);
        notes.Add("dog", []);
        notes.Add("cat", ["second", "third"]);
        File.AppendAllText(Path.Combine(_data.Root, "dataset-runs", "r-1.notes.jsonl"), "{\"id\": \"d");

        Assert.Equal(["second", "third"], Assert.Single(notes.Read()).Value);
        Assert.Equal("r-1", _records.Find(null)!.Id);
    }

    private RunRecord Record(string? id, DateTimeOffset created) =>
        new()
        {
            Id = id,
            Key = "key",
            Name = "cats",
            Created = created,
            Manifest = _folder["m.jsonl"],
            Out = _folder["out"],
            Items = 3,
            Model = new ModelReference { Name = "toyworld-64" },
            Options = new ItemOptions(),
        };
}
