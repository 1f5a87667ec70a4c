namespace OrleansOneShot.Common.Systems;

/// <summary>
/// Moves a file over another. On Unix that is one step, whoever reads the old one. Windows refuses it while somebody has the old one open, which readers,
/// indexers and virus scanners do for moments: it is tried again for a while.
/// </summary>
public static class FileReplacement
{
    private const int WindowsTries = 100;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Moves.</summary>
    /// <param name="file">The file.</param>
    /// <param name="target">Its new name, on the same disk; what is there is replaced.</param>
    /// <exception cref="IOException">It can't be moved.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not; on Windows also: somebody keeps the old file open.</exception>
    public static void Move(string file, string target) =>
        Run(() => File.Move(file, target, overwrite: true), OperatingSystem.IsWindows() ? WindowsTries : 1, () => Thread.Sleep(s_pause));

    /// <summary>Tries again for as long as somebody is in the way.</summary>
    /// <param name="move">One try.</param>
    /// <param name="tries">How often, 1 at least.</param>
    /// <param name="wait">Waits for the next try.</param>
    internal static void Run(Action move, int tries, Action wait)
    {
        for (var left = tries; ; left--)
        {
            try
            {
                move();
                return;
            }
            catch (Exception e) when (left > 1 && (e is UnauthorizedAccessException || FileErrors.IsHeld(e)))
            {
                wait();
            }
        }
    }
}
