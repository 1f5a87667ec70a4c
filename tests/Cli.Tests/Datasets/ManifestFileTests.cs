using System.Text;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Tests.Datasets;

/// <summary>What a manifest says, and every line of it that can't be.</summary>
public sealed class ManifestFileTests : IDisposable
{
    private const string Cat = """ "objects": [{"mask": "mask.png", "class": "cat"}] """;

    private static readonly ItemOptions s_standard = new()
    {
        Training = new TrainingOptions { Steps = 9, Rank = 8 },
        Samples = new SampleOptions { Prompts = ["a {token} in space"], PerPrompt = 3 },
        Seed = 5,
    };

    private readonly TestFolder _folder = new();

    public ManifestFileTests()
    {
        _folder.Write("photos/cat.png", Pictures.Plain(8, 8, 9));
        _folder.Write("mask.png", Pictures.Plain(8, 8, 255));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Read_Lines_BecomeItemsInOrder_WithPathsBesideTheManifest()
    {
        var plan = await ReadAsync(
            $$"""{"id": "one", "image": "photos/cat.png", {{Cat}} }""",
            "  ",
            """{"id": "two", "image": "photos/cat.png", "objects": [{"box": "1,2,3,4", "class": "teddy bear", "token": "<ted>"}, """
                + """{"box": [1, 2, 3, 4], "class": "dog"}]}"""
        );

        Assert.Empty(plan.Bad);
        Assert.Equal(["one", "two"], plan.Items.Select(item => item.Id));
        Assert.All(plan.Items, item => Assert.Equal(_folder["photos/cat.png"], item.Image));
        Assert.Equal((_folder["mask.png"], "cat"), (plan.Items[0].Objects[0].Mask, plan.Items[0].Objects[0].Class));
        Assert.Equal(["<ted>", "<dog>"], plan.Items[1].Tokens);
        Assert.All(plan.Items[1].Objects, one => Assert.Equal(new PixelRectangle(1, 2, 3, 4), one.Prompt!.Box));
    }

    [Fact]
    public async Task Read_Options_StandInPlaceOfTheCommands_AndTheRestStays()
    {
        var plan = await ReadAsync(
            $$"""{"id": "a", "image": "photos/cat.png", {{Cat}} }""",
            $$"""{"id": "b", "image": "photos/cat.png", {{Cat}}, "prompts": ["the {class} <cat>"], "metadata": {"shop": "7"}, """
                + """ "options": {"training": {"steps": 3}, "seed": 6, "method": {"class_loss": false}, "samples": {"scheduler": "ddim"}}}"""
        );

        Assert.Empty(plan.Bad);
        Assert.Equal(["a <cat> in space"], plan.Items[0].Options.Samples.Prompts);
        Assert.Equal((9, 8, 5L), (plan.Items[0].Options.Training.Steps, plan.Items[0].Options.Training.Rank, plan.Items[0].Options.Seed));
        var own = plan.Items[1].Options;
        Assert.Equal(["the cat <cat>"], own.Samples.Prompts);
        Assert.Equal((3, 8, 6L, false), (own.Training.Steps, own.Training.Rank, own.Seed, own.Method.ClassLoss));
        Assert.Equal((Samplers.Ddim, 3), (own.Samples.Scheduler, own.Samples.PerPrompt));
        Assert.Equal("7", plan.Items[1].Metadata["shop"]);
    }

    [Theory]
    [InlineData("cat", "no valid JSON")]
    [InlineData("[1]", "no JSON object")]
    [InlineData("""{"id": "a", "image": "photos/cat.png", "objects": [{"mask": "mask.png", "clas": "cat"}]}""", "Did you mean class?")]
    [InlineData("""{"id": "a", "image": "photos/cat.png", "objects": [{"mask": "mask.png"}]}""", "lacks objects[0].class")]
    [InlineData("""{"id": "a", "objects": [{"mask": "mask.png", "class": "cat"}]}""", "lacks image")]
    [InlineData("""{"id": "a", "image": "cat.png", "objects": [{"mask": "mask.png", "class": "cat"}]}""", "cat.png doesn't exist")]
    [InlineData("""{"id": "a", "image": "photos/cat.png", "objects": [{"mask": "photos", "class": "cat"}]}""", "is a folder, not a file")]
    [InlineData("""{"id": "a", "image": "photos/cat.png", "objects": []}""", "objects is empty")]
    [InlineData("""{"id": "a", "image": "photos/cat.png", "objects": [{"class": "cat"}]}""", "needs a mask or a box")]
    [InlineData("""{"id": "a", "image": "photos/cat.png", "objects": [{"mask": "mask.png", "box": "1,2,3,4", "class": "cat"}]}""", "one or the other")]
    [InlineData("""{"id": "a", "image": "photos/cat.png", "objects": [{"box": "1,2,3", "class": "cat"}]}""", "a box as")]
    [InlineData("""{"id": "a", "image": "photos/cat.png", "objects": [{"mask": "mask.png", "class": "c@t"}]}""", "holds '@'")]
    [InlineData("""{"id": "a/b", "image": "photos/cat.png", "objects": [{"mask": "mask.png", "class": "cat"}]}""", "id is 'a/b'")]
    [InlineData("""{"id": "NUL", "image": "photos/cat.png", "objects": [{"mask": "mask.png", "class": "cat"}]}""", "a device on Windows")]
    [InlineData("""{"id": "report.csv", "image": "photos/cat.png", "objects": [{"mask": "mask.png", "class": "cat"}]}""", "the name of the report")]
    [InlineData("""{"id": "GOOD", "image": "photos/cat.png", "objects": [{"mask": "mask.png", "class": "cat"}]}""", "is another item's already")]
    [InlineData(
        """{"id": "a", "image": "photos/cat.png", "objects": [{"mask": "mask.png", "class": "cat"}], "options": {"training": {"rank": 999}}}""",
        "training.rank is 999; it must be from 1 to 256"
    )]
    [InlineData(
        """{"id": "a", "image": "photos/cat.png", "objects": [{"mask": "mask.png", "class": "cat"}], "options": {"training": {"stepz": 9}}}""",
        "options.training.stepz is no field of an item. Did you mean steps?"
    )]
    [InlineData(
        """{"id": "a", "image": "photos/cat.png", "objects": [{"mask": "mask.png", "class": "cat"}], "options": {"training": {"steps": "many"}}}""",
        "options.training.steps: \"many\" (wanted: a whole number)"
    )]
    [InlineData(
        """{"id": "a", "image": "photos/cat.png", "objects": [{"mask": "mask.png", "class": "cat"}], "prompts": ["a <dog>"]}""",
        "<dog> is no identifier of a learned object"
    )]
    [InlineData(
        """{"id": "a", "image": "photos/cat.png", "objects": [{"mask": "mask.png", "class": "cat"}], "prompts": ["a <cat>", null]}""",
        "has a value of the wrong type in prompts[1]"
    )]
    [InlineData(
        """{"id": "a", "image": "photos/cat.png", "objects": [{"mask": "mask.png", "class": "cat"}], "metadata": {"dataset_run": "x"}}""",
        "is set for the jobs of a dataset run alone"
    )]
    public async Task Read_ABadLine_IsNamedByItsNumber_WithWhatIsWrong(string line, string sentence)
    {
        var plan = await ReadAsync($$"""{"id": "good", "image": "photos/cat.png", {{Cat}} }""", "", line);

        var bad = Assert.Single(plan.Bad);
        Assert.Equal("line 3", bad.Place);
        Assert.Contains(sentence, bad.Problem, StringComparison.Ordinal);
        Assert.Equal("good", Assert.Single(plan.Items).Id);
    }

    [Fact]
    public async Task Read_WhatTheModelCannotDo_IsABadLine()
    {
        var model = ModelChoice.Open(new ModelCatalog(DataFolder.Resolve(_folder["data"])), null, null);
        var plan = await ReadAsync(
            model,
            $$"""{"id": "a", "image": "photos/cat.png", {{Cat}}, "options": {"training": {"resolution": 65} } }""",
            $$"""{"id": "b", "image": "photos/cat.png", {{Cat}}, "options": {"training": {"resolution": 64} } }"""
        );

        Assert.Contains("65 is no multiple of", Assert.Single(plan.Bad).Problem, StringComparison.Ordinal);
        Assert.Equal("b", Assert.Single(plan.Items).Id);
    }

    [Fact]
    public async Task Read_ALineThatIsTooLong_IsNamed_AndTheNextOneIsRead()
    {
        var plan = await ReadAsync(new string('x', ManifestFile.MostLineBytes + 100_000), $$"""{"id": "a", "image": "photos/cat.png", {{Cat}} }""");

        Assert.Equal(("line 1", "It has more than 1024 KiB."), (plan.Bad[0].Place, plan.Bad[0].Problem));
        Assert.Equal("a", Assert.Single(plan.Items).Id);
    }

    [Fact]
    public async Task Read_AByteOrderMarkAndWindowsLineEnds_AreNothing()
    {
        var line = $$"""{"id": "a", "image": "photos/cat.png", {{Cat}} }""";
        _folder.Write("m.jsonl", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes($"{line}\r\n\r\n{line.Replace("\"a\"", "\"b\"", StringComparison.Ordinal)}")]);

        var plan = await new ManifestFile(_folder["m.jsonl"], new ItemCheck("toyworld-64", null), s_standard).ReadAsync(default);

        Assert.Equal(["a", "b"], plan.Items.Select(item => item.Id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n  \n")]
    public async Task Read_AFileWithoutItems_IsRefused(string text)
    {
        _folder.Write("m.jsonl", Encoding.UTF8.GetBytes(text));

        var e = await Assert.ThrowsAsync<InvalidInputException>(() =>
            new ManifestFile(_folder["m.jsonl"], new ItemCheck("toyworld-64", null), s_standard).ReadAsync(default)
        );

        Assert.Equal("manifest", e.Field);
        Assert.Contains("holds no items", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_HowAMaskIsRead_IsUnderstoodAsByImplant()
    {
        var plan = await ReadAsync(
            """{"id": "a", "image": "photos/cat.png", "objects": [{"mask": "mask.png", "class": "cat", "invert": true, "value": "12"}]}"""
        );

        var reading = Assert.Single(plan.Items).Objects[0].Reading!;
        Assert.Equal((true, new MaskValue(12, null)), (reading.Invert, reading.Value));
    }

    private Task<DatasetPlan> ReadAsync(params string[] lines) => ReadAsync(null, lines);

    private Task<DatasetPlan> ReadAsync(ModelChoice? model, params string[] lines)
    {
        _folder.Write("m.jsonl", Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        return new ManifestFile(_folder["m.jsonl"], new ItemCheck("toyworld-64", model), s_standard).ReadAsync(TestContext.Current.CancellationToken);
    }
}
