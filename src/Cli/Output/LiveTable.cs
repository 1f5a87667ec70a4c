using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansOneShot.Cli.Output;

/// <summary>Something that redraws itself on a terminal until it is disposed of, with sentences above it.</summary>
internal sealed class LiveTable : IDisposable
{
    private readonly IAnsiConsole _console;
    private readonly TimeSpan _redrawEvery;
    private readonly Func<IRenderable> _render;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _drawing;

    /// <summary>Begins to draw.</summary>
    /// <param name="error">Where to.</param>
    /// <param name="redrawEvery">How often.</param>
    /// <param name="render">What is to be seen now; called from another thread.</param>
    public LiveTable(TextWriter error, TimeSpan redrawEvery, Func<IRenderable> render)
    {
        (_redrawEvery, _render) = (redrawEvery, render);
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        _drawing = _console.Live(new Text("Starting")).AutoClear(false).StartAsync(DrawAsync);
    }

    /// <summary>Says a sentence, which stays.</summary>
    /// <param name="sentence">The sentence.</param>
    public void Say(string sentence)
    {
        // The padding wipes what the table left on this line.
        _console.WriteLine(sentence.PadRight(Math.Max(0, _console.Profile.Width - 1)));
    }

    /// <summary>Draws once more, and leaves that there.</summary>
    public void Dispose()
    {
        if (_end.IsCancellationRequested)
        {
            return;
        }

        _end.Cancel();
        _drawing.GetAwaiter().GetResult();
        _end.Dispose();
    }

    /// <summary>A bar of 20 signs.</summary>
    /// <param name="done">What is done.</param>
    /// <param name="all">What is to be done, 1 or more.</param>
    /// <returns>The bar.</returns>
    public static string Bar(long done, long all)
    {
        const int Width = 20;
        var filled = (int)Math.Clamp(done * Width / all, 0, Width);
        return new string('█', filled) + new string('░', Width - filled);
    }

    private async Task DrawAsync(LiveDisplayContext context)
    {
        while (!_end.IsCancellationRequested)
        {
            context.UpdateTarget(_render());
            await Task.Delay(_redrawEvery, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        context.UpdateTarget(_render());
    }
}
