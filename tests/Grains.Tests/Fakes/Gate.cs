namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>A place where a fake waits for its test.</summary>
internal sealed class Gate
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the fake stands at the gate.</summary>
    public Task Reached => _reached.Task.WaitAsync(TestWorld.Limit);

    /// <summary>Lets the fake pass.</summary>
    public void Open() => _opened.TrySetResult();

    /// <summary>Stands at the gate until it is opened.</summary>
    public Task PassAsync()
    {
        _reached.TrySetResult();
        return _opened.Task;
    }
}
