using System.Xml.Linq;

namespace OrleansOneShot.Architecture.Tests;

/// <summary>Which project may know which, and which package families. What is not in the table is forbidden.</summary>
public sealed class BorderTests
{
    private static readonly Dictionary<string, string[]> s_projects = new()
    {
        ["Common"] = [],
        ["Recipe"] = [],
        ["Contracts"] = ["Common", "Recipe"],
        ["Compute"] = ["Common", "Recipe"],
        ["Storage"] = ["Common"],
        ["Storage.Azure"] = ["Storage"],
        ["ModelHub"] = ["Common", "Compute", "Contracts", "Recipe", "Storage"],
        ["Grains"] = ["Common", "Contracts", "Recipe", "Storage"],
        ["Client"] = ["Common", "Contracts", "Recipe", "Storage"],
        ["Silo"] = ["Client", "Common", "Compute", "Contracts", "Grains", "ModelHub", "Recipe", "Storage", "Storage.Azure"],
        ["Cli"] = ["Client", "Common", "Compute", "Contracts", "ModelHub", "Recipe", "Silo", "Storage"],
    };

    // Packages whose assemblies begin so, and who may use them. A new package needs a row.
    private static readonly Dictionary<string, string[]> s_packages = new()
    {
        ["Azure"] = ["Storage.Azure"],
        ["Orleans"] = ["Contracts", "Grains", "Client", "Silo"],
        ["Orleans.Serialization"] = ["Cli"], // Orleans' generator writes into the executable where grains and serializers are
        ["StackExchange.Redis"] = ["Client", "Silo"],
        ["TorchSharp"] = ["Compute", "Silo", "Cli"],
        ["SkiaSharp"] = ["Compute"],
        ["HarfBuzzSharp"] = ["Compute"],
        ["ScottPlot"] = ["Compute"],
        ["OpenCvSharp"] = ["Compute"],
        ["Microsoft.ML"] = ["Compute"],
        ["Google.Protobuf"] = ["Compute"],
        ["Microsoft.Data.Sqlite"] = ["Silo", "Cli"],
        ["OpenTelemetry"] = ["Silo"],
        ["Polly"] = ["Storage.Azure", "ModelHub", "Grains", "Client", "Silo"],
        ["Spectre.Console"] = ["Cli"],
        ["System.CommandLine"] = ["Cli"],
        ["Microsoft.AspNetCore"] = ["Silo"],
        ["Microsoft.Extensions"] = ["Grains", "Client", "Silo", "Cli"],
    };

    public static TheoryData<string> Projects => [.. BuiltAssembly.All.Keys.Order(StringComparer.Ordinal)];

    [Fact]
    public void Table_AllProjects_AreThere() =>
        Assert.Equal(BuiltAssembly.All.Keys.Order(StringComparer.Ordinal), s_projects.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Projects))]
    public void References_OfAProject_AreAllowed(string project)
    {
        var forbidden = new List<string>();
        foreach (var reference in BuiltAssembly.All[project].References.Order(StringComparer.Ordinal))
        {
            var known = BuiltAssembly.ProjectOf(reference) is { } ours
                ? s_projects[project].Contains(ours)
                : s_packages
                    .Where(row => Is(reference, row.Key))
                    .Select(row => row.Value.Contains(project))
                    .DefaultIfEmpty(IsOfTheRuntime(reference))
                    .Any(allowed => allowed);
            if (!known)
            {
                forbidden.Add(reference);
            }
        }

        Assert.True(forbidden.Count == 0, $"src/{project} must not know {string.Join(", ", forbidden)}: docs/adr/0031-borders.md says who may know what.");
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void ProjectReferences_OfAProject_AreThoseThatItUses(string project)
    {
        var named = XDocument
            .Load(Path.Combine(Repository.Source, project, project + ".csproj"))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/')));
        var used = BuiltAssembly.All[project].References.Select(BuiltAssembly.ProjectOf).OfType<string>();
        Assert.Equal(used.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Strings_OfAProject_AreNoPathsOfTheStore(string project)
    {
        // Storage's StorePaths and SharedModelPaths make them.
        if (project == "Storage")
        {
            return;
        }

        string[] parts = ["jobs/", "epochs/", "blobs/", "checks/", "shared-models/", "owners/", "uploads/", "checkpoint-", "sha256/"];
        Assert.DoesNotContain(
            BuiltAssembly.All[project].Strings,
            text =>
                !text.Contains(' ', StringComparison.Ordinal)
                && parts.Any(part => text.StartsWith(part, StringComparison.Ordinal) || text.Contains("/" + part, StringComparison.Ordinal))
        );
    }

    [Fact]
    public void UseCases_OfTheClient_KnowNoOrleans()
    {
        // Another transport will stand beneath them: docs/adr/0034-use-cases-in-the-client.md.
        string[] folders = ["Models", "Results", "Uploads", "Watching"];
        var outside = BuiltAssembly.All["Client"].Outside;
        Assert.All(
            folders,
            folder => Assert.Contains(outside, use => use.Key == (folder, "OrleansOneShot.Storage") || use.Key == (folder, "OrleansOneShot.Contracts"))
        );
        Assert.Contains(outside, use => use.Key.Folder.Length == 0 && Is(use.Key.Assembly, "Orleans"));
        Assert.Equal([], outside.Where(use => folders.Contains(use.Key.Folder) && Is(use.Key.Assembly, "Orleans")).Select(use => use.Value));
    }

    private static bool Is(string assembly, string family) =>
        assembly == family
        || assembly.StartsWith(family + ".", StringComparison.Ordinal)
        || (family == "OpenCvSharp" && assembly.StartsWith(family, StringComparison.Ordinal));

    private static bool IsOfTheRuntime(string assembly) => Is(assembly, "System") || assembly is "Microsoft.Win32.Primitives" or "netstandard" or "mscorlib";
}
