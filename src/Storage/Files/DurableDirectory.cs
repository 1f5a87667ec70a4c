using OrleansOneShot.Common.Systems;

namespace OrleansOneShot.Storage.Files;

/// <summary>
/// Makes things in folders that others, in this process or another, delete as soon as they are empty. The one place that knows what such a race looks like: the
/// system may find a folder in the way of the new one and nothing there a moment later, or the folder above gone.
/// </summary>
/// <param name="durability">Flushes.</param>
internal sealed class DurableDirectory(Durability durability)
{
    private const int Attempts = 100;

    /// <summary>Creates a folder and those above it, each durable in the one that holds it. It may be gone again when this returns.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="IOException">It can't be created: a file is in the way, or the disk is full.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission.</exception>
    public void Create(string folder)
    {
        for (var attempt = 1; ; attempt++)
        {
            var making = folder;
            try
            {
                var missing = new Stack<string>();
                for (var at = folder; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
                {
                    missing.Push(at);
                }
                foreach (var next in missing)
                {
                    making = next;
                    Directory.CreateDirectory(next);
                    if (Path.GetDirectoryName(next) is { } parent)
                    {
                        durability.FlushFolder(parent);
                    }
                }

                return;
            }
            catch (IOException e) when (attempt < Attempts && IsRace(e, making))
            {
                // Whoever deleted it is done by now.
            }
        }
    }

    /// <summary>Makes a file in a folder that is created if need be. From then on the file keeps the folder.</summary>
    /// <typeparam name="T">What making it gives.</typeparam>
    /// <param name="file">Path of the file.</param>
    /// <param name="make">Makes it; called again if the folder was deleted meanwhile.</param>
    /// <returns>What making it gave.</returns>
    /// <exception cref="IOException">It can't be made.</exception>
    public T InFolder<T>(string file, Func<string, T> make)
    {
        var folder = Path.GetDirectoryName(file)!;
        for (var attempt = 1; ; attempt++)
        {
            Create(folder);
            try
            {
                return make(file);
            }
            catch (IOException e) when (attempt < Attempts && IsRace(e, folder))
            {
                // Whoever deleted it is done by now.
            }
        }
    }

    // "Already exists" is told of a folder that was there when it should be made and gone when the system's answer was checked. By now it may be there again;
    // only a file is in the way for good.
    private static bool IsRace(IOException error, string folder) =>
        error is DirectoryNotFoundException or FileNotFoundException || (FileErrors.IsExisting(error) && !File.Exists(folder));
}
