using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Output;

namespace OrleansOneShot.Cli.Tests.Output;

public sealed class DrawingDisplayTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly StringWriter _error = new();

    public void Dispose() => _error.Dispose();

    [Fact]
    public void Show_ForPipes_IsALineEachTenth_WithTheTimeLeft()
    {
        var display = new DrawingDisplay(new CliStreams(TextWriter.Null, _error, Interactive: false), _clock);
        for (var step = 1; step <= 50; step++)
        {
            _clock.Advance(TimeSpan.FromSeconds(2));
            display.Show(step, 50, 2);
        }

        display.End();

        var lines = _error.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.Equal(11, lines.Length);
        Assert.Equal("Drawing step 1/50, picture 1/2", lines[0]);
        Assert.Equal("Drawing step 5/50, picture 1/2, 01:30 left", lines[1]);
        Assert.Equal("Drawing step 30/50, picture 2/2, 00:40 left", lines[6]);
        Assert.Equal("Drawing step 50/50, picture 2/2", lines[10]);
    }

    [Fact]
    public void Show_OnATerminal_RenewsItsLine_AndSentencesStandAlone()
    {
        var display = new DrawingDisplay(new CliStreams(TextWriter.Null, _error, Interactive: true), _clock);
        display.Show(1, 4, 1);
        display.Show(2, 4, 1); // Too soon to be seen.
        _clock.Advance(TimeSpan.FromSeconds(1));
        display.Show(3, 4, 1);
        display.Say("A sentence.");
        display.Show(4, 4, 1);
        display.End();

        var text = _error.ToString();
        Assert.Equal(
            3,
            text.Count(c => c == '\r') - (Environment.NewLine.Contains('\r', StringComparison.Ordinal) ? text.Split(Environment.NewLine).Length - 1 : 0)
        );
        Assert.DoesNotContain("step 2/4", text, StringComparison.Ordinal);
        Assert.Contains($"step 3/4, picture 1/1, 00:00 left", text, StringComparison.Ordinal);
        Assert.Contains($"{Environment.NewLine}A sentence.{Environment.NewLine}", text, StringComparison.Ordinal);
        Assert.EndsWith(Environment.NewLine, text, StringComparison.Ordinal);
    }
}
