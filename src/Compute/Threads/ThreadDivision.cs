namespace OrleansOneShot.Compute.Threads;

/// <summary>
/// How many threads each operation of a job gets. It depends on what stays alone (model, machine, quota, slots), since sums of another number of threads have
/// other bits.
/// </summary>
internal static class ThreadDivision
{
    /// <summary>
    /// Work that is worth a thread of its own, in floating point operations. Measured on two cores: operations of 11 to 34 million gain nothing from a second
    /// thread.
    /// </summary>
    public const double WorkOfThread = 50e6;

    /// <summary>Threads of an operation.</summary>
    /// <param name="work">Its floating point operations.</param>
    /// <param name="most">Threads of the process, 1 or more.</param>
    /// <param name="slots">Jobs that the process runs at once, 1 or more.</param>
    /// <returns>As many as the work is worth, of the slot's part of them; 1 at least.</returns>
    public static int Of(double work, int most, int slots) => (int)Math.Clamp(work / WorkOfThread, 1, Math.Max(1, most / slots));
}
