using System.Text.Json;
using System.Xml.Linq;

namespace OrleansOneShot.Architecture.Tests;

/// <summary>Which project may know which, and which package families. What is not in the table is forbidden.</summary>
public sealed class BorderTests
{
    private static readonly Dictionary<string, string[]> s_projects = new()
    {
        ["Common"] = [],
        ["Recipe"] = [],
        ["Documents"] = ["Common", "Recipe"],
        ["Contracts"] = ["Documents", "Recipe"],
        ["Compute"] = ["Common", "Recipe"],
        ["Storage"] = ["Common"],
        ["Storage.Azure"] = ["Storage"],
        ["ModelHub"] = ["Common", "Compute", "Documents", "Recipe", "Storage"],
        ["Grains"] = ["Common", "Contracts", "Documents", "Recipe", "Storage"],
        ["Client"] = ["Common", "Documents", "Recipe", "Storage"],
        ["Client.Orleans"] = ["Client", "Common", "Contracts", "Documents", "Storage"],
        ["Api"] = ["Client", "Client.Orleans", "Common", "Contracts", "Documents", "Recipe", "Storage"],
        ["Silo"] = ["Client", "Client.Orleans", "Common", "Compute", "Contracts", "Documents", "Grains", "ModelHub", "Recipe", "Storage", "Storage.Azure"],
        ["Testing"] = ["Api", "Client", "Client.Orleans", "Contracts", "Documents", "Grains", "Recipe", "Storage"],
        ["Cli"] = ["Api", "Client", "Client.Orleans", "Common", "Compute", "Contracts", "Documents", "ModelHub", "Recipe", "Silo", "Storage"],
    };

    // Packages whose assemblies begin so, and who may use them. A new package needs a row.
    private static readonly Dictionary<string, string[]> s_packages = new()
    {
        ["Azure"] = ["Storage.Azure"],
        ["Orleans"] = ["Contracts", "Grains", "Client.Orleans", "Silo", "Testing"],
        ["Orleans.Serialization"] = ["Cli"], // Orleans' generator writes into the executable where grains and serializers are
        ["StackExchange.Redis"] = ["Client.Orleans", "Silo"],
        ["TorchSharp"] = ["Compute", "Silo", "Cli"],
        ["SkiaSharp"] = ["Compute"],
        ["HarfBuzzSharp"] = ["Compute"],
        ["ScottPlot"] = ["Compute"],
        ["OpenCvSharp"] = ["Compute"],
        ["Microsoft.ML"] = ["Compute"],
        ["Google.Protobuf"] = ["Compute"],
        ["Microsoft.Data.Sqlite"] = ["Silo", "Cli"],
        ["OpenTelemetry"] = ["Silo"],
        ["Polly"] = ["Storage.Azure", "ModelHub", "Grains", "Client", "Client.Orleans", "Silo"],
        ["Spectre.Console"] = ["Cli"],
        ["System.CommandLine"] = ["Cli"],
        ["Microsoft.AspNetCore"] = ["Api", "Silo"],
        ["Microsoft.Net.Http.Headers"] = ["Api"],
        ["Microsoft.OpenApi"] = ["Api"],
        ["Scalar"] = ["Api"],
        ["Microsoft.Extensions"] = ["Api", "Grains", "Client", "Client.Orleans", "Silo", "Testing", "Cli"],
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
                && !text.TrimStart('/').StartsWith("v1/", StringComparison.Ordinal) // of the web, not of a store
                && parts.Any(part => text.StartsWith(part, StringComparison.Ordinal) || text.Contains("/" + part, StringComparison.Ordinal))
        );
    }

    [Fact]
    public void Closure_OfTheClient_HoldsNoOrleans()
    {
        // Whoever submits over HTTP gets neither a cluster's runtime nor Redis: docs/adr/0036-documents.md.
        string[] families = ["Orleans", "Microsoft.Orleans", "StackExchange.Redis", "Microsoft.AspNetCore", "TorchSharp"];
        var (closure, queue) = (new HashSet<string> { "Client" }, new Queue<string>(["Client"]));
        while (queue.TryDequeue(out var project))
        {
            foreach (var next in BuiltAssembly.All[project].References.Select(BuiltAssembly.ProjectOf).OfType<string>().Where(closure.Add))
            {
                queue.Enqueue(next);
            }
        }

        Assert.Equal(["Client", "Common", "Documents", "Recipe", "Storage"], closure.Order(StringComparer.Ordinal));
        Assert.All(
            closure,
            project => Assert.DoesNotContain(BuiltAssembly.All[project].References, reference => families.Any(family => Is(reference, family)))
        );

        // And what their packages bring with them, to whatever depth.
        using var packages = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "src/Client/packages.lock.json")));
        var names = packages.RootElement.GetProperty("dependencies").GetProperty("net10.0").EnumerateObject().Select(package => package.Name).ToList();
        Assert.Contains("Polly.Core", names);
        Assert.DoesNotContain(names, name => families.Any(family => Is(name, family)));
    }

    private static bool Is(string assembly, string family) =>
        assembly == family
        || assembly.StartsWith(family + ".", StringComparison.Ordinal)
        || (family == "OpenCvSharp" && assembly.StartsWith(family, StringComparison.Ordinal));

    private static bool IsOfTheRuntime(string assembly) => Is(assembly, "System") || assembly is "Microsoft.Win32.Primitives" or "netstandard" or "mscorlib";
}
