namespace OrleansOneShot.Compute.Tests.Torch;

/// <summary>Collects garbage and runs finalizers all the time on a thread of its own, as a loaded process does now and then at any moment.</summary>
internal sealed class ForcedCollections : IDisposable
{
    // Most objects that die too early are young; the others get their turn.
    private const int YoungPerFull = 50;

    // Between two collections the program must get on with its calls.
    private const int Pause = 1000;

    private readonly Thread _thread;
    private volatile bool _stop;

    public ForcedCollections()
    {
        _thread = new Thread(Collect) { IsBackground = true, Name = nameof(ForcedCollections) };
        _thread.Start();
    }

    /// <summary>Collections so far.</summary>
    public long Count { get; private set; }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
    }

    private void Collect()
    {
        for (; !_stop; Count++)
        {
            GC.Collect(Count % YoungPerFull == 0 ? GC.MaxGeneration : 0, GCCollectionMode.Forced, blocking: true);
            GC.WaitForPendingFinalizers();
            Thread.SpinWait(Pause);
        }
    }
}
