using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Training;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Faults;

/// <summary>
/// What a job needs of its machine, on a small scale: room on the disk, a file of a checkpoint's size written, flushed and read again in the work folder, the
/// store written and read, and something computed on each device that slots offer.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="engines">The engine's part; none where the engine is a stand-in.</param>
/// <param name="options">The work folder, the floor, and the slots.</param>
internal sealed class SelfTest(IArtifactStore store, IEnumerable<IEngineCheck> engines, IOptions<OneShotGrainsOptions> options) : ISelfTest
{
    /// <summary>Bytes of the file: about a checkpoint of Stable Diffusion 1.5 at rank 4.</summary>
    public const int FileBytes = 16 << 20;

    // A disk or a device that hangs is as bad as one that fails.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    private Task<string?> _running = Task.FromResult<string?>(null);

    /// <inheritdoc/>
    public async Task<string?> RunAsync(CancellationToken cancellationToken)
    {
        // What hangs must not pile up.
        if (_running.IsCompleted)
        {
            _running = Task.Factory.StartNew(() => Run(cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        try
        {
            return await _running.WaitAsync(s_limit, options.Value.Clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            return $"its self-test has not come back within {s_limit.TotalMinutes:0} minutes";
        }
    }

    private string? Run(CancellationToken cancellationToken)
    {
        var (own, part) = (options.Value, "its work folder");
        try
        {
            if (FreeSpace.Lacks(own.WorkFolder, own.MinFreeBytes) is { } lacks)
            {
                return lacks;
            }
            TestFolder(own.WorkFolder, cancellationToken);
            part = "the artifact store";
            store.CheckWritableAsync(cancellationToken).GetAwaiter().GetResult();
            foreach (var device in own.Slots.Select(slot => slot.Device).Distinct(StringComparer.Ordinal))
            {
                part = $"its device {device}";
                foreach (var engine in engines)
                {
                    engine.Check(device);
                }
            }

            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return $"{part} fails its self-test: {Fault.Describe(e).Message.TrimEnd('.')}";
        }
    }

    /// <summary>In a folder like a run's: what is left of a process that is killed meanwhile goes with the next start.</summary>
    private static void TestFolder(string root, CancellationToken cancellationToken)
    {
        using var folder = RunFolder.Create(root, "self-test");
        var bytes = RandomNumberGenerator.GetBytes(1 << 20);
        var path = Path.Combine(folder.Path, "file");
        using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0))
        {
            for (var written = 0; written < FileBytes; written += bytes.Length)
            {
                cancellationToken.ThrowIfCancellationRequested();
                file.Write(bytes);
            }

            file.Flush(flushToDisk: true);
        }

        using var again = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
        var read = new byte[bytes.Length];
        for (var position = 0; position < FileBytes; position += read.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            again.ReadExactly(read);
            if (!read.AsSpan().SequenceEqual(bytes))
            {
                throw new IOException($"{path} has other bytes than were written");
            }
        }
    }
}

/// <summary>What a silo must pass before it takes jobs again.</summary>
internal interface ISelfTest
{
    /// <summary>Tests.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What does not work, as the end of a sentence; null: all does.</returns>
    Task<string?> RunAsync(CancellationToken cancellationToken);
}
