using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Documents.Tests.Progress;

public sealed class ProgressJsonTests
{
    private static readonly ProgressEvent s_step = new()
    {
        Sequence = 7,
        Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Stage = JobState.Training,
        Step = 50,
        Steps = 100,
        Epoch = 1,
    };

    [Fact]
    public void ToLine_Preview_HasItsAlignmentInTheShapeOfAResultsMetrics()
    {
        var line = ProgressJson.ToLine(
            s_step with
            {
                Preview = "jobs/j/epochs/1/preview-50.png",
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
                    ],
                },
            }
        );

        Assert.EndsWith(
            "\"metrics\":{\"ia\":0.5,\"ta\":0.25,\"objects\":[{\"token\":\"<cat>\",\"class\":\"cat\",\"ia_object\":0.75}]}}",
            line,
            StringComparison.Ordinal
        );
        var back = ProgressJson.FromLine(line)!;
        Assert.Equal((0.5, 0.25), (back.Metrics!.Ia, back.Metrics.Ta));
        Assert.Equal(0.75, Assert.Single(back.Metrics.Objects).IaObject);
    }

    [Fact]
    public void ToLine_NoPreview_IsAsEarlierVersionsWroteIt()
    {
        var line = ProgressJson.ToLine(s_step);
        Assert.DoesNotContain("metrics", line, StringComparison.Ordinal);
        Assert.Equal(s_step, ProgressJson.FromLine(line));
    }
}
