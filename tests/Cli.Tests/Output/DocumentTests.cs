using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Cli.Tests.Output;

public sealed class DocumentTests
{
    [Fact]
    public void JobDocument_Metrics_HaveTheirNames()
    {
        var document = new JobDocument
        {
            Id = "j",
            State = JobState.Succeeded,
            Out = "/o",
            Seconds = 1.5,
            Steps = 2,
            Epoch = 1,
            Files = [new JobFile("a/b.png", 3, "00")],
            Metrics = new JobMetrics
            {
                Ia = 0.5,
                Ta = 0.25,
                PrototypeSimilarity = 0.75,
                Objects =
                [
                    new ObjectMetrics
                    {
                        Token = "<cat>",
                        Class = "cat",
                        IaObject = 0.5,
                        PrototypeSimilarity = 1,
                        IaCompared = 0.5,
                        IaClass = 0.25,
                    },
                ],
            },
            Warnings = ["w"],
            Created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Owner = "local",
            Metadata = new Dictionary<string, string> { ["project"] = "cats" },
        };

        Assert.Equal(
            """
            {"id":"j","state":"Succeeded","out":"/o","seconds":1.5,"steps":2,"epoch":1,"files":[{"path":"a/b.png","bytes":3,"sha256":"00"}],"metrics":{"ia":0.5,"ta":0.25,"prototype_similarity":0.75,"objects":[{"token":"<cat>","class":"cat","ia_object":0.5,"prototype_similarity":1,"ia_compared":0.5,"ia_class":0.25}]},"warnings":["w"],"created":"2026-01-02T03:04:05+00:00","started":null,"finished":null,"estimated_finish":null,"queue_position":null,"waiting_reason":null,"owner":"local","priority":0,"metadata":{"project":"cats"}}
            """,
            DocumentWriter.ToJson(document)
        );
    }

    [Fact]
    public void EventDocument_Losses_HaveTheirNames() =>
        Assert.Equal(
            """{"seq":1,"time":"2026-01-02T03:04:05+00:00","stage":"Training","step":2,"steps":3,"losses":{"global":1,"object":2,"class":3},"epoch":4,"terms":[{"name":"prior","value":5}]}""",
            DocumentWriter.ToJson(
                new EventDocument(
                    1,
                    new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
                    JobState.Training,
                    2,
                    3,
                    new TermLosses(1, 2, 3),
                    4,
                    [new TermLoss("prior", 5)]
                )
            )
        );

    [Fact]
    public void ErrorDocument_AllFields_AreThere() =>
        Assert.Equal(
            """{"error":{"code":"limit","message":"m","field":null,"hint":"h"}}""",
            DocumentWriter.ToJson(new ErrorDocument(new ErrorDetail(ErrorCodes.Limit, "m", null, "h")))
        );

    [Theory]
    [InlineData(ErrorCodes.InvalidInput, 2)]
    [InlineData(ErrorCodes.NotFound, 2)]
    [InlineData(ErrorCodes.Cancelled, 3)]
    [InlineData(ErrorCodes.Unavailable, 4)]
    [InlineData(ErrorCodes.Failed, 1)]
    [InlineData(ErrorCodes.Conflict, 1)]
    [InlineData(ErrorCodes.Limit, 1)]
    public void ErrorReport_Code_GivesTheExitCode(string code, int exitCode) =>
        Assert.Equal(exitCode, ErrorReport.Of(new OneShotException(new ErrorDetail(code, "m")), false).ExitCode);

    [Fact]
    public void ErrorReport_Exceptions_GetTheirCodes()
    {
        Assert.Equal(ExitCode.BadInput, ErrorReport.Of(new InvalidInputException("m"), false).ExitCode);
        Assert.Equal(ExitCode.Interrupted, ErrorReport.Of(new OperationCanceledException(), true).ExitCode);
        Assert.Equal(ExitCode.Failed, ErrorReport.Of(new IOException("No space left on device"), false).ExitCode);
    }

    [Fact]
    public void ErrorReport_LongMessage_IsCut()
    {
        var endless = new string('x', 13_000_000);
        Exception[] errors =
        [
            new InvalidInputException(endless, endless, endless),
            new IOException(endless),
            new InvalidOperationException(endless),
            new OneShotException(new ErrorDetail(ErrorCodes.Failed, endless)),
            new InvalidDataException(endless),
        ];
        Assert.All(
            errors,
            error =>
            {
                var report = ErrorReport.Of(error, false).Error;
                Assert.All(
                    new[] { report.Message, report.Field ?? "", report.Hint ?? "" },
                    text => Assert.True(text.Length <= 2000, $"{error.GetType().Name}: {text.Length} characters")
                );
            }
        );
    }

    [Fact]
    public async Task ModelsList_Json_NamesTheDefault()
    {
        using var folder = new TestFolder();
        var run = await CliRun.RunAsync("models", "list", "--data", folder["data"], "--format", "json");

        var model = Assert.Single(run.Document["models"]!.AsArray())!;
        Assert.Equal("toyworld-64", (string?)model["name"]);
        Assert.True((bool?)model["default"]);
    }

    [Fact]
    public async Task ModelsVerify_ShippedModel_IsSound()
    {
        using var folder = new TestFolder();
        var run = await CliRun.RunAsync("models", "verify", "toyworld-64", "--data", folder["data"], "--format", "json");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.True((bool?)run.Document["ok"]);
    }

    [Fact]
    public async Task Help_Implant_ShowsExamples()
    {
        var run = await CliRun.RunAsync("implant", "--help");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.Contains("oneshot implant --image samples/cat.png", run.Output, StringComparison.Ordinal);
    }
}
