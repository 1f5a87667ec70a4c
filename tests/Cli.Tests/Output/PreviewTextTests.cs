using OrleansOneShot.Cli.Commands;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Cli.Tests.Output;

public sealed class PreviewTextTests
{
    private static readonly ProgressEvent s_preview = new()
    {
        Sequence = 7,
        Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Stage = JobState.Training,
        Step = 50,
        Steps = 100,
        Preview = "preview.png",
        Metrics = new JobMetrics
        {
            Ia = 0.5,
            Ta = 0.25,
            Objects =
            [
                new ObjectMetrics
                {
                    Token = "<cat>",
                    Class = "cat",
                    IaObject = 0.75,
                },
                new ObjectMetrics { Token = "<dog>", Class = "dog" },
            ],
        },
    };

    [Fact]
    public void Of_Preview_TellsWhereItLiesAndHowLikeItIs()
    {
        Assert.Equal($"Preview: {Path.Combine("store", "preview.png")}  IA 0.500, TA 0.250, <cat> 0.750", PreviewText.Of(s_preview, "store"));
        Assert.Equal("Preview of step 50: IA 0.500, TA 0.250, <cat> 0.750", PreviewText.Of(s_preview, null));
        Assert.Equal($"Preview: {Path.Combine("store", "preview.png")}", PreviewText.Of(s_preview with { Metrics = null }, "store"));
    }

    [Fact]
    public void Of_NothingToSay_IsNull()
    {
        Assert.Null(PreviewText.Of(s_preview with { Metrics = null }, null));
        Assert.Null(PreviewText.Of(s_preview with { Preview = null }, "store"));
    }

    [Fact]
    public void Line_OfALog_HasTheAlignmentBehindThePath() =>
        Assert.EndsWith("50/100  preview preview.png  IA 0.500, TA 0.250, <cat> 0.750", JobsLogsCommand.Line(s_preview), StringComparison.Ordinal);
}
