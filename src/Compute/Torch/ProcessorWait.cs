using System.Globalization;

namespace OrleansOneShot.Compute.Torch;

/// <summary>
/// How long the threads of this process ran, and how long they were ready to and had to wait since others had the processors (Linux' schedstat; elsewhere
/// nothing is known).
/// </summary>
/// <param name="Ran">Nanoseconds on a processor.</param>
/// <param name="Waited">Nanoseconds in a queue for one.</param>
internal readonly record struct ProcessorWait(long Ran, long Waited)
{
    /// <summary>Of all threads, until now.</summary>
    public static ProcessorWait Read(string tasks = "/proc/self/task")
    {
        var (ran, waited) = (0L, 0L);
        try
        {
            foreach (var thread in Directory.EnumerateDirectories(tasks))
            {
                Add(Path.Combine(thread, "schedstat"), ref ran, ref waited);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another system, or one that tells nobody.
        }

        return new ProcessorWait(ran, waited);
    }

    /// <summary>The waiting as a share of the running since an earlier look.</summary>
    /// <param name="before">The earlier look.</param>
    /// <returns>0 where nothing is known.</returns>
    public double ShareSince(ProcessorWait before) => Ran > before.Ran ? Math.Max(0, Waited - before.Waited) / (double)(Ran - before.Ran) : 0;

    private static void Add(string file, ref long ran, ref long waited)
    {
        try
        {
            var fields = File.ReadAllText(file).Split(' ');
            if (
                fields.Length >= 2
                && long.TryParse(fields[0], CultureInfo.InvariantCulture, out var first)
                && long.TryParse(fields[1], CultureInfo.InvariantCulture, out var second)
            )
            {
                (ran, waited) = (ran + first, waited + second);
            }
        }
        catch (IOException)
        {
            // The thread has ended.
        }
    }
}
