using System.Text.Json;
using OrleansOneShot.Common.Terms;

namespace OrleansOneShot.Common.Tests.Terms;

public sealed class NoBorrowedSlotsTests
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    [Fact]
    public void Evaluate_SeveralTerms_EvaluatesThemHereInTheirOrder()
    {
        var order = new List<int>();
        var values = NoBorrowedSlots.Instance.Evaluate(
            7,
            3,
            ReadOnlyMemory<byte>.Empty,
            term =>
            {
                order.Add(term);
                return new TermValue(new byte[term], [term]);
            },
            TestContext.Current.CancellationToken
        );
        Assert.Equal([0, 1, 2], order);
        Assert.Equal([0, 1, 2], values.Select(value => value.Payload.Length));
        Assert.Equal((0, 1), (NoBorrowedSlots.Instance.Figures.Steps, NoBorrowedSlots.Instance.Figures.Slots));
    }

    [Fact]
    public void Evaluate_Cancelled_StopsBeforeTheNextTerm()
    {
        using var stop = new CancellationTokenSource();
        var evaluated = 0;
        Assert.Throws<OperationCanceledException>(() =>
            NoBorrowedSlots.Instance.Evaluate(
                0,
                3,
                ReadOnlyMemory<byte>.Empty,
                _ =>
                {
                    evaluated++;
                    stop.Cancel();
                    return new TermValue(default, []);
                },
                stop.Token
            )
        );
        Assert.Equal(1, evaluated);
    }

    [Fact]
    public void Recruit_AnyNumber_GetsNone()
    {
        Assert.Equal(0, NoBorrowedSlots.Instance.Recruit(5, TimeSpan.FromHours(1), TestContext.Current.CancellationToken));
        Assert.Equal(double.PositiveInfinity, NoBorrowedSlots.Instance.MeasureTransfer(1, 1, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Figures_InAManifest_KeepTheirNames() =>
        Assert.Equal(
            """{"steps":1,"participants":2,"bytes_sent":3,"bytes_received":4,"seconds_waited":0.5,"terms_repeated":5,"workers_dropped":6,"answers_dropped":7}""",
            JsonSerializer.Serialize(
                new FanOutFigures
                {
                    Steps = 1,
                    Slots = 2,
                    BytesSent = 3,
                    BytesReceived = 4,
                    SecondsWaited = 0.5,
                    TermsRepeated = 5,
                    WorkersDropped = 6,
                    AnswersDropped = 7,
                },
                s_json
            )
        );
}
