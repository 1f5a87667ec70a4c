using System.Text;

namespace OrleansOneShot.Architecture.Tests;

/// <summary>The picture of the house in docs/ARCHITECTURE.md is that of the project files.</summary>
public sealed class PictureTests
{
    private const string Begin = "```mermaid\n";

    [Fact]
    public void Picture_IsThatOfTheProjectFiles()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "ARCHITECTURE.md"));
        var at = page.IndexOf(Begin, StringComparison.Ordinal);
        Assert.True(at >= 0, "docs/ARCHITECTURE.md has no picture.");
        Assert.Equal(Draw(), page[at..(page.IndexOf("```", at + Begin.Length, StringComparison.Ordinal) + 3)]);
    }

    // An edge that follows from two others is left out, so that people can follow the rest.
    private static string Draw()
    {
        var uses = BuiltAssembly.All.ToDictionary(
            project => project.Key,
            project => project.Value.References.Select(BuiltAssembly.ProjectOf).OfType<string>().Order(StringComparer.Ordinal).ToList()
        );
        var text = new StringBuilder(Begin).Append("graph TD\n");
        foreach (var (project, references) in uses.OrderBy(project => project.Key, StringComparer.Ordinal))
        {
            foreach (var reference in references.Where(one => !references.Any(other => other != one && Reaches(uses, other, one))))
            {
                text.Append("    ").Append(Id(project)).Append(" --> ").Append(Id(reference)).Append('\n');
            }
        }

        return text.Append("```").ToString();
    }

    private static bool Reaches(Dictionary<string, List<string>> uses, string from, string to) => uses[from].Any(next => next == to || Reaches(uses, next, to));

    private static string Id(string project) =>
        project.Contains('.', StringComparison.Ordinal) ? $"{project.Replace(".", "", StringComparison.Ordinal)}[{project}]" : project;
}
