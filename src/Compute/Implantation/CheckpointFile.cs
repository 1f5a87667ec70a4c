namespace OrleansOneShot.Compute.Implantation;

/// <summary>Hands checkpoints over, one at a time, in a file that is gone afterwards.</summary>
/// <param name="folder">An existing folder.</param>
/// <param name="write">Writes the newest step into a file.</param>
/// <param name="observer">Takes it.</param>
internal sealed class CheckpointFile(string folder, Action<string> write, IImplantationObserver observer)
{
    /// <summary>Writes a checkpoint and waits until it has been taken.</summary>
    /// <param name="step">Steps done.</param>
    public void Commit(int step)
    {
        var path = Path.Combine(folder, "checkpoint.partial.safetensors");
        write(path);
        observer.Checkpoint(step, path);
        File.Delete(path);
    }
}
