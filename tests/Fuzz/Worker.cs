using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Fuzz.Readers;
using static TorchSharp.torch;

namespace OrleansOneShot.Fuzz;

/// <summary>
/// Makes inputs and reads them, in a process of its own: what a native library aborts ends this process alone. Everything it knows lies in files before it is
/// needed.
/// </summary>
internal sealed class Worker : IDisposable
{
    private static readonly TimeSpan s_longestInput = TimeSpan.FromSeconds(10);
    private readonly FuzzSetting _setting;
    private readonly FuzzFiles _files;
    private readonly Folders _folders = new();
    private readonly Dictionary<string, Reader> _readers = [];
    private readonly Tally _tally;
    private readonly Process _self = Process.GetCurrentProcess();

    /// <summary>Begins.</summary>
    public Worker(FuzzSetting setting)
    {
        (_setting, _files) = (setting, new FuzzFiles(setting.Folder));
        _tally = new Tally(_files.Tally, setting.Kinds);
        TorchRuntime.Initialise();
        set_num_threads(1);
    }

    /// <summary>Goes on until all inputs are done or the time is over.</summary>
    public void Run()
    {
        for (var i = _setting.From; i < _setting.Inputs && DateTime.UtcNow < _setting.Until; i++)
        {
            var kind = _setting.Kinds[(int)(i % _setting.Kinds.Count)];
            if (!_readers.TryGetValue(kind, out var reader))
            {
                _readers.Add(kind, reader = AllReaders.Create(kind, _folders));
            }

            Try(reader, i);
            if (i % 200 == 199)
            {
                GC.Collect();
            }
        }

        _files.Finish();
    }

    /// <summary>An input by its number: the same for the same seed, whatever came before.</summary>
    public static byte[] InputOf(Reader reader, int seed, long index)
    {
        var random = new Random(unchecked((seed * 1_000_003) + (int)index));
        return reader.Make(random);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tally.Dispose();
        _self.Dispose();
        _folders.Dispose();
    }

    private void Try(Reader reader, long index)
    {
        var bytes = InputOf(reader, _setting.Seed, index);
        _files.Begin(index, bytes);
        var past = reader.IsPastMagic(bytes);
        ResetPeak();
        var (memory, clock) = (Memory("VmRSS:"), Processor());
        var outcome = Outcome.Taken;
        try
        {
            using var scope = NewDisposeScope();
            reader.Read(bytes);
        }
        catch (Exception e) when (reader.Documents(e))
        {
            outcome = Outcome.Refused;
            if (e.Message.Length > 10_000)
            {
                outcome = Outcome.Found;
                _files.Save(reader.Kind, index, "LongMessage", bytes, $"A message of {e.Message.Length} characters: {e.Message[..200]}");
            }
        }
        catch (Exception e)
        {
            outcome = Outcome.Found;
            _files.Save(reader.Kind, index, FuzzFiles.BucketOf(e), bytes, e.ToString());
        }

        if (Processor() - clock is var taken && taken > s_longestInput)
        {
            outcome = Outcome.Found;
            _files.Save(reader.Kind, index, "Slow", bytes, string.Create(CultureInfo.InvariantCulture, $"{taken.TotalSeconds:0.0} s of processor time"));
        }

        if (Memory("VmHWM:") - memory is var gained && gained > reader.MemoryLimit)
        {
            outcome = Outcome.Found;
            _files.Save(
                reader.Kind,
                index,
                "Memory",
                bytes,
                $"{gained >> 20} MiB for an input of {bytes.Length} bytes; the limit is {reader.MemoryLimit >> 20}"
            );
        }

        _tally.Count(reader.Kind, past, outcome);
    }

    private TimeSpan Processor()
    {
        _self.Refresh();
        return _self.TotalProcessorTime;
    }

    private static void ResetPeak()
    {
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then the peak is that of all inputs so far.
        }
    }

    private static long Memory(string name) =>
        File.ReadLines("/proc/self/status")
            .Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Select(line => long.Parse(line[name.Length..].Trim().Split(' ')[0], CultureInfo.InvariantCulture) * 1024)
            .FirstOrDefault();
}
