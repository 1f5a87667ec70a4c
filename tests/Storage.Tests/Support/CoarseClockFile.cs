namespace OrleansOneShot.Storage.Tests.Support;

/// <summary>A new file on a machine whose clock stands still.</summary>
/// <param name="path">Where.</param>
internal sealed class CoarseClockFile(string path) : FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0)
{
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        File.SetLastWriteTimeUtc(Name, DateTime.UnixEpoch.AddYears(40));
    }
}
