namespace OrleansOneShot.Architecture.Tests;

/// <summary>Folders of a project know each other one way. New circles are refused; what stands against that is listed with its reason.</summary>
public sealed class CycleTests
{
    // Uses that close a circle, "FROM -> TO" of top folders; "." is the project's own namespace. A line goes when its reason does.
    private static readonly Dictionary<string, string[]> s_standing = new()
    {
        ["Compute"] =
        [
            "Implantation -> FanOut", // a run's checkpoints and settlement tell how it is fanned out; fan-out runs a run's trainer
            "Sampling -> Implantation", // ImagePipeline draws with the models as a run has loaded them
            "Threads -> Models", // work is estimated from a UNet's sizes
            "Torch -> Models", // the probe of a device's precisions runs a small UNet
            "Torch -> Threads", // libtorch is started with its threads
        ],
        ["Grains"] =
        [
            // Hosting registers what it also gives options to.
            "Hosting -> Diagnostics",
            "Hosting -> Faults",
            "Hosting -> Retention",
            "Hosting -> Scheduling",
            "Hosting -> Training",
            "Hosting -> Webhooks",
            "Faults -> Training", // a silo's self-test works in a folder as runs do
            "FanOut -> Training", // workers run on the slots that trainings run on
            "Scheduling -> Training", // the scheduler takes up jobs whose training was lost
        ],
        ["Cli"] =
        [
            // The context of a command holds what it prints with, and the program is the root of its commands.
            "App -> Commands",
            "App -> Options",
            "App -> Output",
            "Diagnosis -> Commands", // doctor verifies models as models verify does
            "Validation -> Options", // a plan is made of its command's options
            "Validation -> Sessions", // and looks where the result goes
        ],
    };

    public static TheoryData<string> Projects => [.. BuiltAssembly.All.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_OfAProject_UseEachOtherOneWay(string project)
    {
        var uses = BuiltAssembly.All[project].Folders.ToDictionary(use => Show(use.Key), use => use);
        var standing = s_standing.GetValueOrDefault(project, []);
        var others = uses.Where(use => !standing.Contains(use.Key)).Select(use => use.Value.Key).ToList();

        // A use closes a circle if its end leads back to its start.
        var closing = others.Where(use => Reach(others, use.To).Contains(use.From)).Select(Show).ToList();
        Assert.True(
            closing.Count == 0,
            $"Folders of src/{project} use each other in a circle: {string.Join("; ", closing.Select(use => $"{use} ({uses[use].Value})"))}."
        );
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Standing_EveryLine_StillClosesACircle(string project)
    {
        var uses = BuiltAssembly.All[project].Folders.Keys.ToList();
        Assert.All(
            s_standing.GetValueOrDefault(project, []),
            line =>
                Assert.True(
                    uses.Exists(use => Show(use) == line && Reach(uses, use.To).Contains(use.From)),
                    $"src/{project}: {line} closes no circle any more: delete the line."
                )
        );
    }

    private static string Show((string From, string To) use) => $"{Name(use.From)} -> {Name(use.To)}";

    private static string Name(string folder) => folder.Length == 0 ? "." : folder;

    private static HashSet<string> Reach(List<(string From, string To)> uses, string from)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var next = new Queue<string>([from]);
        while (next.TryDequeue(out var folder))
        {
            foreach (var use in uses.Where(use => use.From == folder && found.Add(use.To)))
            {
                next.Enqueue(use.To);
            }
        }

        return found;
    }
}
