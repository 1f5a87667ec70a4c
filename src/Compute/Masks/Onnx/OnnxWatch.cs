using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace OrleansOneShot.Compute.Masks.Onnx;

/// <summary>
/// Ends a run of ONNX Runtime that takes more time or memory than a model of its file's size can need. The runtime looks at the mark between two operations;
/// what a single operation may take is bounded by <see cref="OnnxMemory"/>.
/// </summary>
internal sealed class OnnxWatch : IDisposable
{
    /// <summary>Longest run. SAM ViT-H takes two minutes on a slow machine.</summary>
    public static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(20);
    private readonly Lock _gate = new();
    private readonly RunOptions _run;
    private readonly Timer _timer;
    private readonly long _begun = Stopwatch.GetTimestamp();
    private readonly long _before = Environment.WorkingSet;
    private readonly long _mostBytes;
    private readonly TimeSpan _longest;
    private bool _over;

    /// <summary>Begins to watch.</summary>
    /// <param name="run">The run's options.</param>
    /// <param name="mostBytes">Memory that the process may gain meanwhile.</param>
    /// <param name="longest">Longest run.</param>
    public OnnxWatch(RunOptions run, long mostBytes, TimeSpan longest)
    {
        (_run, _mostBytes, _longest) = (run, mostBytes, longest);
        _timer = new Timer(_ => Look(), null, s_period, s_period);
    }

    /// <summary>Why the run was ended, or should have been; null if all is well.</summary>
    public string? Problem { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _over = true;
        }

        _timer.Dispose();
    }

    /// <summary>Looks once.</summary>
    internal void Look()
    {
        lock (_gate)
        {
            if (_over || Problem is not null)
            {
                return;
            }

            Problem =
                Environment.WorkingSet > _mostBytes + Math.Min(_before, long.MaxValue - Math.Max(_mostBytes, 0))
                    ? string.Create(CultureInfo.InvariantCulture, $"it takes more than {_mostBytes / (double)(1L << 30):0.#} GiB of memory")
                : Stopwatch.GetElapsedTime(_begun) > _longest
                    ? string.Create(CultureInfo.InvariantCulture, $"it takes more than {_longest.TotalMinutes:0.##} minutes")
                : null;
            if (Problem is not null)
            {
                _run.Terminate = true;
            }
        }
    }
}
