using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Hosting;

namespace OrleansOneShot.Silo.Tests.Hosting;

public sealed partial class LogLineTests : IDisposable
{
    private static readonly DateTimeOffset s_time = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-log-line-");

    [Fact]
    public void Json_OfALine_HasItsValuesUnderTheNamesOfDocuments()
    {
        var line = new LogLine(
            LogLevel.Warning,
            "C",
            "j \"x\"\nwaits",
            null,
            [
                new("JobId", "outer"),
                new("Epoch", 3L),
                new("JobId", "j"),
                new("StepSeconds", 0.5),
                new("Level", "loud"),
                new("{OriginalFormat}", "Job {JobId}"),
                new("Nothing", null),
            ]
        );
        var text = Encoding.UTF8.GetString(line.ToJson(s_time));
        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
        Assert.Equal(1, text.Count(one => one == '\n'));
        Assert.Equal(
            """
            {"time":"2026-01-02T03:04:05.678Z","level":"warning","logger":"C","message":"j \"x\"\nwaits","value_level":"loud","step_seconds":0.5,"job":"j","epoch":3}
            """,
            text.TrimEnd()
        );
    }

    [Fact]
    public void Json_OfAnError_HidesSecretsAndNamesTheTrace()
    {
        SecretText.Remember("hunter2-and-more");
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        var line = new LogLine(LogLevel.Error, "C", "key hunter2-and-more", new IOException("with hunter2-and-more"), [new("Key", "hunter2-and-more")]);
        var text = Encoding.UTF8.GetString(line.ToJson(s_time));
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        var json = JsonNode.Parse(text)!;
        Assert.Equal(activity.TraceId.ToHexString(), (string?)json["trace"]);
        Assert.Contains("IOException", (string?)json["exception"], StringComparison.Ordinal);
    }

    [Fact]
    public void Log_InAScope_NamesJobEpochAndTraceOnEveryLine()
    {
        var path = Path.Combine(_folder.FullName, "silo.log");
        using var copy = new MemoryStream();
        using (var factory = LoggerFactory.Create(logging => logging.AddProvider(new FileLoggerProvider(path, isJson: true, copy: copy))))
        {
            var logger = factory.CreateLogger("L");
            using (
                logger.BeginScope(
                    new Dictionary<string, object?>
                    {
                        ["JobId"] = "j1",
                        ["Epoch"] = 2L,
                        ["Trace"] = "t",
                    }
                )
            )
            {
                Say(logger, 7);
            }

            Say(logger, 8);
        }

        var lines = File.ReadAllLines(path).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(("j1", 2, "t", 7), ((string?)lines[0]["job"], (int)lines[0]["epoch"]!, (string?)lines[0]["trace"], (int)lines[0]["size"]!));
        Assert.Null(lines[1]["job"]);
        Assert.Equal(File.ReadAllBytes(path), copy.ToArray());
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Something of {Size}")]
    private static partial void Say(ILogger logger, int size);

    public void Dispose() => _folder.Delete(recursive: true);
}
