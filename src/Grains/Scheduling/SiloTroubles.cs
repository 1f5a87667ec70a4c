namespace OrleansOneShot.Grains.Scheduling;

/// <summary>
/// Silos on which a job could not start lately. Each is left alone for a while, longer every time, so that its jobs find other ones, and so that one which can
/// start nothing is not asked again and again.
/// </summary>
internal sealed class SiloTroubles
{
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (TimeSpan Pause, DateTimeOffset Until)> _silos = new(StringComparer.Ordinal);

    /// <summary>A job could not start.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="now">The time.</param>
    public void Failed(string silo, DateTimeOffset now)
    {
        var pause = _silos.TryGetValue(silo, out var known) ? known.Pause * 2 : s_first;
        pause = pause < s_longest ? pause : s_longest;
        _silos[silo] = (pause, now + pause);
    }

    /// <summary>A job has started there, or the silo is gone.</summary>
    /// <param name="silo">The silo.</param>
    public void Forget(string silo) => _silos.Remove(silo);

    /// <summary>Whether a silo is to be left alone.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether it is.</returns>
    public bool Has(string silo, DateTimeOffset now) => _silos.TryGetValue(silo, out var known) && now < known.Until;
}
