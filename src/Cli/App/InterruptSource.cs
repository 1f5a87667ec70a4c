using System.Runtime.InteropServices;
using OrleansOneShot.Cli.App.Systems;

namespace OrleansOneShot.Cli.App;

/// <summary>Ctrl-C and requests to terminate: the first asks to stop, the second ends the process at once.</summary>
internal sealed class InterruptSource : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    public InterruptSource(TextWriter error)
    {
        ProcessSystem.Current.RestoreIgnoredSignals();
        _registrations =
        [
            .. ProcessSystem.Current.StopSignals.Select(signal =>
                PosixSignalRegistration.Create(
                    signal,
                    context =>
                    {
                        context.Cancel = true;
                        if (Interlocked.Increment(ref _count) > 1)
                        {
                            Environment.Exit(ExitCode.Interrupted);
                        }

                        error.WriteLine("Stopping; once more ends at once.");

                        // Not on the signal's thread: whoever waits for the token may run long.
                        _ = Task.Run(_source.Cancel);
                    }
                )
            ),
        ];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }
}

/// <summary>A command was asked to stop, and can say how to go on.</summary>
/// <param name="message">What became of the work.</param>
/// <param name="hint">How to go on.</param>
internal sealed class InterruptedException(string message, string hint) : OperationCanceledException(message)
{
    /// <summary>How to go on.</summary>
    public string Hint { get; } = hint;
}
