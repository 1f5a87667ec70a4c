namespace OrleansOneShot.Grains.Paging;

/// <summary>
/// Writes of a reentrant grain, one at a time: calls that make changes while one is under way share the next. After a write that failed nobody knows what is
/// stored: every later one is refused, until the next activation has read it.
/// </summary>
/// <param name="write">Writes all changes made before it is called.</param>
internal sealed class SharedWrites(Func<Task> write) : IDisposable
{
    private readonly SemaphoreSlim _writing = new(1, 1);
    private long _changes;
    private long _written;
    private bool _failed;

    /// <summary>Notes that there is something to write.</summary>
    /// <param name="changes">Number of changes; none is fine.</param>
    public void Changed(long changes = 1) => _changes += changes;

    /// <summary>Waits until all changes noted so far are durable.</summary>
    /// <returns>When durable.</returns>
    /// <exception cref="OrleansException">An earlier write failed; the call may be repeated.</exception>
    public async Task FlushAsync()
    {
        var wanted = _changes;
        if (_written >= wanted)
        {
            return;
        }
        await _writing.WaitAsync();
        try
        {
            if (_failed)
            {
                throw new OrleansException("An earlier write of this state failed; it will be read again.");
            }
            if (_written >= wanted)
            {
                return;
            }
            var taken = _changes;
            await write();
            _written = taken;
        }
        catch
        {
            _failed = true;
            throw;
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose() => _writing.Dispose();
}
