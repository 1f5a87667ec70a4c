using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Cli.Output;

/// <summary>What people do with a result: look at it, and use it.</summary>
internal static class NextSteps
{
    private const string Words = "learned_embeds/";

    /// <summary>The lines at the end of a job.</summary>
    /// <param name="status">A job that has succeeded.</param>
    /// <param name="folder">Where its files lie.</param>
    /// <returns>Lines: the sheet, the words of prompts, where lines to copy stand, the next command.</returns>
    public static IEnumerable<string> Of(ImplantationStatus status, string folder)
    {
        var shown = new[] { Find(status, "sheet.png"), Find(status, "report.html") }.OfType<string>().Select(path => Path.Combine(folder, path)).ToList();
        if (shown.Count > 0)
        {
            yield return $"Look at: {string.Join(" and ", shown)}";
        }

        var tokens = status.Request.Objects.Select(item => item.Token).ToList();
        string[] files = [.. status.Files.Select(file => file.Path).Where(path => path.StartsWith(Words, StringComparison.Ordinal)).Select(WordOf)];
        yield return $"In prompts, write {string.Join(", ", tokens)} (diffusers, oneshot)"
            + (
                files.Length == 0
                    ? "."
                    : $", {string.Join(", ", files)} (AUTOMATIC1111, Forge), {string.Join(", ", files.Select(word => $"embedding:{word}"))} (ComfyUI)."
            );
        if (Find(status, "README.md") is { } readme)
        {
            yield return $"Lines to copy for diffusers, ComfyUI and AUTOMATIC1111: {Path.Combine(folder, readme)}";
        }

        yield return $"Draw more with: oneshot generate --implantation {Quoted(folder)} --prompt \"a {tokens[0]} in space\" --out {Quoted($"{folder}-more")}";
    }

    /// <summary>How like its object the pictures are, beside what the same model makes of the plain class name.</summary>
    /// <param name="item">The object.</param>
    /// <returns>A line; null where nothing was compared.</returns>
    public static string? Compare(ObjectMetrics item)
    {
        return item is { IaClass: { } plain } && (item.IaCompared ?? item.IaObject) is { } own
            ? FormattableString.Invariant($"like this {item.Class}: {own:0.00}; any {item.Class}: {plain:0.00}")
            : null;
    }

    private static string? Find(ImplantationStatus status, string path) => status.Files.FirstOrDefault(file => file.Path == path)?.Path;

    private static string WordOf(string path) => Path.GetFileNameWithoutExtension(path[Words.Length..]);

    private static string Quoted(string path) => path.Contains(' ', StringComparison.Ordinal) ? $"\"{path}\"" : path;
}
