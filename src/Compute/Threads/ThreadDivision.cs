namespace OrleansOneShot.Compute.Threads;

/// <summary>How many threads each operation of a job gets.</summary>
internal static class ThreadDivision
{
    /// <summary>
    /// Work that is worth a thread of its own, in floating point operations. Measured on two cores: operations of 11 to 34 million gain nothing from a second thread, those of 500 million nearly
    /// all of it.
    /// </summary>
    public const double WorkOfThread = 50e6;

    /// <summary>Threads that an operation can make use of.</summary>
    /// <param name="work">Its floating point operations.</param>
    /// <param name="most">Threads there are, 1 or more.</param>
    /// <returns>1 to <paramref name="most"/>.</returns>
    public static int Useful(double work, int most) => (int)Math.Clamp(work / WorkOfThread, 1, most);

    /// <summary>
    /// Threads that this process takes while others are at work. They are left what they use, but for half of the machine: two programs that go by the load they see then meet in the middle,
    /// whichever came first.
    /// </summary>
    /// <param name="most">Threads that it would take alone.</param>
    /// <param name="processors">Processors that it shares with others.</param>
    /// <param name="others">Processors that others keep busy.</param>
    /// <returns>1 to <paramref name="most"/>.</returns>
    public static int Free(int most, int processors, double others) =>
        Math.Clamp((int)Math.Round(processors - others, MidpointRounding.AwayFromZero), Math.Min(most, (processors + 1) / 2), most);

    /// <summary>Divides threads between jobs: none gets more than it can use, and what one leaves the others share.</summary>
    /// <param name="threads">Threads there are, 1 or more.</param>
    /// <param name="useful">What each job can make use of, 1 or more.</param>
    /// <returns>What each job gets, 1 at least.</returns>
    public static int[] Divide(int threads, IReadOnlyList<int> useful)
    {
        var shares = new int[useful.Count];
        var left = threads;
        var jobs = useful.Count;
        foreach (var job in Enumerable.Range(0, useful.Count).OrderBy(i => useful[i]))
        {
            shares[job] = Math.Clamp(left / jobs, 1, useful[job]);
            left = Math.Max(0, left - shares[job]);
            jobs--;
        }

        return shares;
    }
}
