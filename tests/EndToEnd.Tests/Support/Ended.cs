using System.Text.Json.Nodes;

namespace OrleansOneShot.EndToEnd.Tests.Support;

/// <summary>How a process ended, and all it wrote.</summary>
internal sealed record Ended(int ExitCode, string Output, string Error)
{
    /// <summary>The one JSON document that stdout must hold.</summary>
    public JsonObject Document => JsonNode.Parse(Output)?.AsObject() ?? throw new InvalidOperationException("stdout holds no document.");

    /// <summary>The documents of a stream, one a line.</summary>
    public IReadOnlyList<JsonObject> Lines => [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject())];

    /// <summary>Checks the exit code; a failure shows what the process said.</summary>
    public Ended Expect(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"Exit code {ExitCode} instead of {exitCode}.\nstdout:\n{Output}\nstderr:\n{Error}");
        return this;
    }
}
