using System.Text.Json.Nodes;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Tests.Support;

namespace OrleansOneShot.Cli.Tests.Commands;

/// <summary><c>oneshot compare</c> on this machine, with trainings of a step.</summary>
public sealed class CompareCommandTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Compare_TwoObjectsTwoMethods_ReportsAndMeasuresAgainWithoutTraining()
    {
        Write(Line("cat"), Line("dog"));

        var first = await CompareAsync("--results", _folder["docs/RESULTS.md"]);

        Assert.True(first.ExitCode == ExitCode.Done, first.Error);
        var document = first.Document;
        Assert.Equal(["cat", "dog"], document["objects"]!.AsArray().Select(one => (string)one!));
        Assert.Equal(["ours", "lora"], document["methods"]!.AsArray().Select(one => (string)one!["id"]!));
        Assert.All(
            document["methods"]!.AsArray(),
            one => Assert.Equal((2, 1, true), ((int)one!["trainings"]!, (int)one["steps"]!, (double)one["seconds"]! > 0))
        );
        Assert.Equal(
            ["ta", "ia", "ia_object", "colour_distance", "patch_distance", "kid_clip"],
            document["figures"]!.AsArray().Select(one => (string)one!["name"]!)
        );
        Assert.All(
            document["figures"]!.AsArray(),
            figure =>
            {
                // Of four pictures no two halves can be compared.
                Assert.Equal((string?)figure!["name"] != "kid_clip", figure["floor"]?["low"] is not null);
                Assert.NotNull(figure["ceiling"]!["low"]);
                Assert.Equal(2, (int)figure["rows"]![1]!["difference"]!["count"]!);
                Assert.NotEmpty((string)figure["rows"]![1]!["verdict"]!);
            }
        );
        Assert.Equal(File.ReadAllText(Out("results.json")).Trim(), first.Output.Trim());
        Assert.Equal(8, Directory.EnumerateFiles(Out("floor"), "*.png").Count());
        Assert.All(["scatter.png", "cat.png", "dog.png"], name => Assert.True(File.Exists(Out($"pictures/{name}"))));
        Assert.True(File.Exists(_folder["docs/results/paper/cat.png"]));
        Assert.Contains("(preset paper)", File.ReadAllText(_folder["docs/RESULTS.md"]), StringComparison.Ordinal);
        Assert.All(
            ["cat.ours.s1", "cat.lora.s1", "dog.ours.s1", "dog.lora.s1"],
            cell => Assert.Equal(4, Directory.EnumerateFiles(Out($"table/{cell}/samples"), "*.png").Count())
        );

        // Nothing of the runs is left but the pictures: they are measured.
        Directory.Delete(_folder["data"], recursive: true);
        var report = File.ReadAllText(Out("results.md"));
        File.Delete(Out("results.md"));
        var again = await CompareAsync("--results", _folder["docs/RESULTS.md"]);

        Assert.True(again.ExitCode == ExitCode.Done, again.Error);
        Assert.DoesNotContain("Run r-", again.Error, StringComparison.Ordinal);
        Assert.Equal(report, File.ReadAllText(Out("results.md")));
    }

    [Fact]
    public async Task Compare_OtherRowsAndSettings_TrainsWhatIsNotThereYet()
    {
        Write(Line("cat"));
        string[] one = ["--methods", "ours", "--samples", "1"];

        var first = await CompareAsync(one);
        var kept = Manifests();
        var more = await CompareAsync([.. one, "--variant", "rank8=--rank 8", "--variant", "plain=--method lora --steps 2"]);

        Assert.True(first.ExitCode == ExitCode.Done, first.Error);
        Assert.True(more.ExitCode == ExitCode.Done, more.Error);
        Assert.Equal(["cat.ours.s1"], kept.Keys);
        Assert.Equal(["cat.ours.s1", "cat.plain.s1", "cat.rank8.s1"], Manifests().Keys);
        Assert.Equal(kept["cat.ours.s1"], Manifests()["cat.ours.s1"]);
        Assert.Equal(
            [("ours", 1), ("ours --rank 8", 1), ("lora --method lora --steps 2", 2)],
            more.Document["methods"]!.AsArray().Select(row => ((string)row!["title"]!, (int)row["steps"]!))
        );
        Assert.Equal((8, "lora"), (Used("rank8", "training", "rank")!.GetValue<int>(), (string)Used("plain", "method", "name")!));
        Assert.Equal("fp32", (string)Used("rank8", "training", "precision")!);

        // Another photo under the same name: what was learned from the old one is worth nothing.
        kept = Manifests();
        _folder.Write("cat.png", File.ReadAllBytes(Repository.Sample("dog.png")));
        var changed = await CompareAsync(one);

        Assert.True(changed.ExitCode == ExitCode.Done, changed.Error);
        Assert.NotEqual(kept["cat.ours.s1"], Manifests()["cat.ours.s1"]);
        Assert.Equal(kept["cat.rank8.s1"], Manifests()["cat.rank8.s1"]);

        SortedDictionary<string, string> Manifests() =>
            new(
                Directory
                    .EnumerateDirectories(Out("table"))
                    .ToDictionary(path => Path.GetFileName(path)!, path => File.ReadAllText(Path.Combine(path, "manifest.json"))),
                StringComparer.Ordinal
            );
        JsonNode? Used(string row, string part, string name) => JsonNode.Parse(File.ReadAllText(Out($"table/cat.{row}.s1/request.json")))![part]![name];
    }

    [Fact]
    public async Task Compare_Tuned_ChoosesOnObjectsThatTheTableNeverSees()
    {
        Write(Line("cat", split: "tuning"), Line("dog"));
        var model = _folder.LinkModel("toy");
        File.Delete(Path.Combine(model, "oneshot.json"));
        _folder.Write("toy/oneshot.json", """{"resolution": 64, "steps": 1, "sampling_steps": 1, "prototype": {"steps": 1}}"""u8.ToArray());
        string[] command =
        [
            .. (string[])
                ["compare", "--manifest", _folder["objects.jsonl"], "--out", _folder["out"], "--preset", "tuned", "--methods", "ours,ours-no-class-loss"],
            .. (string[])["--model", model, "--seeds", "1", "--samples", "1", .. Common],
        ];

        var estimate = await CliRun.RunAsync([.. command, "--dry-run"]);

        Assert.True(estimate.ExitCode == ExitCode.Done, estimate.Error);
        Assert.Equal((8, 8), ((int)estimate.Document["trainings"]!, (int)estimate.Document["left"]!));
        Assert.Equal(
            [("tuning", "ours", 6), ("table", "ours", 1), ("table", "ours-no-class-loss", 1)],
            estimate.Document["parts"]!.AsArray().Select(part => ((string)part!["stage"]!, (string)part["method"]!, (int)part["trainings"]!))
        );
        Assert.False(Directory.Exists(_folder["out"]));

        var run = await CliRun.RunAsync(command);

        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        Assert.Equal(["dog"], run.Document["objects"]!.AsArray().Select(one => (string)one!));
        Assert.Equal(["cat"], run.Document["tuning_objects"]!.AsArray().Select(one => (string)one!));
        var grid = run.Document["tuning"]!.AsArray();
        Assert.Equal(6, grid.Count);
        Assert.All(grid, setting => Assert.NotNull(setting!["nearness"]));
        var chosen = Assert.Single(grid, setting => (bool)setting!["is_chosen"]!)!;
        Assert.All(
            run.Document["methods"]!.AsArray(),
            method => Assert.Equal(((double)chosen["learning_rate"]!, (int)chosen["steps"]!), ((double)method!["learning_rate"]!, (int)method["steps"]!))
        );
        Assert.Equal(
            ["dog.ours.s1", "dog.ours-no-class-loss.s1"],
            Directory.EnumerateDirectories(Out("table")).Select(Path.GetFileName).Order(StringComparer.OrdinalIgnoreCase).Reverse()
        );
        Assert.All(run.Document["figures"]!.AsArray(), figure => Assert.Equal("too few objects to tell", (string?)figure!["rows"]![1]!["verdict"]));
    }

    public static TheoryData<string, string, string> Wrong =>
        new()
        {
            { "unknown method", "methods", "dreamboth" },
            { "two objects in a line", "manifest", "one a line" },
            { "prompt without the object", "prompt", "does not name the object" },
            { "no pictures", "samples", "from 1 to 10" },
            { "rate of a tuned comparison", "lr", "chooses learning rate and steps itself" },
            { "long id", "manifest", "too long" },
            { "split that is none", "manifest", "split" },
            { "results is a folder", "results", "not a file" },
            { "variant without options", "variant", "is not NAME=OPTIONS" },
            { "variant of an unknown option", "variant", "--rnak" },
            { "variant of other prompts", "variant", "--prompt is the same for all rows" },
            { "variant called as a method", "variant", "two rows are called lora" },
        };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Compare_WhatCantBe_IsRefusedBeforeAnythingIsDone(string what, string field, string part)
    {
        Write(
            what switch
            {
                "two objects in a line" => Line("cat").Replace("}]", "}, {\"mask\": \"cat-mask.png\", \"class\": \"dog\"}]", StringComparison.Ordinal),
                "long id" => Line("cat", id: new string('a', 60)),
                "split that is none" => Line("cat", split: "training"),
                _ => Line("cat"),
            }
        );

        var run = await CompareAsync(
            what switch
            {
                "unknown method" => ["--methods", "ours,dreamboth"],
                "prompt without the object" => ["--prompt", "a photo of the sea"],
                "no pictures" => ["--samples", "0"],
                "rate of a tuned comparison" => ["--preset", "tuned", "--lr", "1e-3"],
                "results is a folder" => ["--results", _folder[""]],
                "variant without options" => ["--variant", "rank8"],
                "variant of an unknown option" => ["--variant", "rank8=--rnak 8"],
                "variant of other prompts" => ["--variant", "sea=--prompt \"a <cat> at sea\""],
                "variant called as a method" => ["--variant", "lora=--rank 8"],
                _ => [],
            }
        );

        Assert.Equal((ExitCode.BadInput, field), (run.ExitCode, (string?)run.Document["error"]!["field"]));
        Assert.Contains(part, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
        Assert.False(Directory.Exists(_folder["data"]));
    }

    private string[] Common => ["--data", _folder["data"], "--precision", "fp32", "--format", "json"];

    private Task<CliRun> CompareAsync(params string[] more)
    {
        string[] given = ["--methods", "ours,lora", "--seeds", "1", "--samples", "2", "--steps", "1", "--sampling-steps", "1"];
        List<string> command = ["compare", "--manifest", _folder["objects.jsonl"], "--out", _folder["out"], .. Common];
        for (var i = 0; i < given.Length; i += 2)
        {
            if (!more.Contains(given[i]) && !(given[i] == "--steps" && more.Contains("tuned")))
            {
                command.AddRange([given[i], given[i + 1]]);
            }
        }

        if (!more.Contains("--prompt"))
        {
            command.AddRange(["--prompt", "a photo of {token} on the beach", "--prompt", "a photo of {token} in the snow"]);
        }

        return CliRun.RunAsync([.. command, .. more]);
    }

    private string Out(string path) => Path.Combine(_folder["out"], path);

    private string Line(string sample, string? id = null, string? split = null)
    {
        _folder.Write($"{sample}.png", File.ReadAllBytes(Repository.Sample($"{sample}.png")));
        _folder.Write($"{sample}-mask.png", File.ReadAllBytes(Repository.Sample($"{sample}-mask.png")));
        var line = new JsonObject
        {
            ["id"] = id ?? sample,
            ["image"] = $"{sample}.png",
            ["objects"] = new JsonArray(new JsonObject { ["mask"] = $"{sample}-mask.png", ["class"] = sample }),
        };
        if (split is not null)
        {
            line["split"] = split;
        }

        return line.ToJsonString();
    }

    private void Write(params string[] lines) => _folder.Write("objects.jsonl", System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines)));
}
