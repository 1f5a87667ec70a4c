using System.Globalization;
using OrleansOneShot.Cli.App;

namespace OrleansOneShot.Cli.Output;

/// <summary>How far a drawing is, on stderr: a line that renews itself on a terminal, else a line each tenth. Sentences stand on lines of their own.</summary>
/// <param name="streams">Where to show it.</param>
/// <param name="clock">Measures the time that is left.</param>
/// <param name="words">The progress in words, of steps done, steps in all, pictures in all and the time of a step; null says that pictures are drawn.</param>
internal sealed class DrawingDisplay(CliStreams streams, TimeProvider clock, Func<int, int, int, TimeSpan?, string>? words = null)
{
    private const int Width = 60;
    private static readonly TimeSpan s_renewal = TimeSpan.FromMilliseconds(200);
    private readonly Lock _gate = new();
    private (long At, int Done)? _began;
    private long _shown;
    private int _tenth = -1;
    private bool _isOpen;

    /// <summary>Says a sentence.</summary>
    /// <param name="sentence">The sentence.</param>
    public void Say(string sentence)
    {
        lock (_gate)
        {
            Close();
            streams.Error.WriteLine(sentence);
        }
    }

    /// <summary>Shows how many steps are done.</summary>
    /// <param name="done">Steps done, 1 or more.</param>
    /// <param name="steps">Steps in all.</param>
    /// <param name="pictures">Pictures in all.</param>
    public void Show(int done, int steps, int pictures)
    {
        lock (_gate)
        {
            var isLast = done == steps;
            var tenth = done * 10 / steps;
            if (streams.Interactive ? _isOpen && !isLast && clock.GetElapsedTime(_shown) < s_renewal : tenth == _tenth)
            {
                return;
            }

            (_shown, _tenth) = (clock.GetTimestamp(), tenth);
            var text = (words ?? Text)(done, steps, pictures, _began is { } began ? clock.GetElapsedTime(began.At) / (done - began.Done) : null);
            _began ??= (clock.GetTimestamp(), done);
            if (streams.Interactive)
            {
                streams.Error.Write($"\r{text,-Width}");
                _isOpen = true;
            }
            else
            {
                streams.Error.WriteLine(text);
            }
        }
    }

    /// <summary>Ends the line that renews itself.</summary>
    public void End()
    {
        lock (_gate)
        {
            Close();
        }
    }

    /// <summary>The progress in words.</summary>
    /// <param name="done">Steps done, 1 or more.</param>
    /// <param name="steps">Steps in all.</param>
    /// <param name="pictures">Pictures in all.</param>
    /// <param name="perStep">How long a step takes; null is not known yet.</param>
    internal static string Text(int done, int steps, int pictures, TimeSpan? perStep)
    {
        var picture = Math.Min(pictures, (int)((long)(done - 1) * pictures / steps) + 1);
        var left = done < steps && perStep is { } step ? $", {StepRate.Text(step * (steps - done))} left" : "";
        return string.Create(CultureInfo.InvariantCulture, $"Drawing step {done}/{steps}, picture {picture}/{pictures}{left}");
    }

    private void Close()
    {
        if (_isOpen)
        {
            streams.Error.WriteLine();
            _isOpen = false;
        }
    }
}
