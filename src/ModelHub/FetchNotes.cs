using System.Globalization;
using OrleansOneShot.Common;

namespace OrleansOneShot.ModelHub;

/// <summary>Says now and then how far a silo's fetch is: jobs keep what they are told.</summary>
/// <param name="name">The model.</param>
/// <param name="say">Gets the sentences.</param>
internal sealed class FetchNotes(string name, Action<string> say) : IProgress<TransferProgress>
{
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private TimeSpan _next = s_rest;

    /// <inheritdoc/>
    public void Report(TransferProgress value)
    {
        lock (_gate)
        {
            if (value.Elapsed < _next)
            {
                return;
            }

            _next = value.Elapsed + s_rest;
        }

        say(string.Create(CultureInfo.InvariantCulture, $"fetching {name}: {value.Bytes / 1e6:0.0} of {value.Total / 1e6:0.0} MB"));
    }
}
