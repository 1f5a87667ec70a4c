using System.Collections.Concurrent;

namespace OrleansOneShot.Chaos;

/// <summary>A silo of a name of its own: a machine with its disk, clock and address, on which processes follow each other.</summary>
/// <param name="machine">Its number, which no other silo of the run has.</param>
/// <param name="root">The cluster's folder.</param>
internal sealed class ChaosSilo(int machine, string root) : IDisposable
{
    private static readonly TimeSpan s_slowest = TimeSpan.FromMinutes(4);

    // Handing jobs on takes up to a minute where the store is away; what lasts longer than this hangs.
    private static readonly TimeSpan s_slowestEnd = TimeSpan.FromMinutes(4);

    // A fault ends the process that there is, and none is started after it.
    private readonly Lock _gate = new();

    /// <summary>Its number.</summary>
    public int Machine => machine;

    /// <summary>Its data folder.</summary>
    public string Data { get; } = Directory.CreateDirectory(Path.Combine(root, $"silo-{machine}")).FullName;

    /// <summary>What its processes say.</summary>
    public string Output { get; } = Path.Combine(root, $"silo-{machine}.out");

    /// <summary>Its clock.</summary>
    public SiloClock Clock { get; } = new(Path.Combine(root, $"silo-{machine}.clock"));

    /// <summary>Its disk.</summary>
    public SiloDisk Disk { get; } = new(Path.Combine(root, $"silo-{machine}"));

    /// <summary>The present process.</summary>
    public ServerProcess? Process { get; private set; }

    /// <summary>The address of its present life; null while it has none.</summary>
    public string? Address { get; private set; }

    /// <summary>Down on purpose: it must not be started yet.</summary>
    public bool Held { get; set; }

    /// <summary>Its end was on purpose.</summary>
    public bool WasHeld { get; set; }

    /// <summary>What its processes did not do in time.</summary>
    public ConcurrentQueue<string> Troubles { get; } = [];

    /// <summary>What its processes logged. One a process, and each start is a new process.</summary>
    public IEnumerable<string> Logs =>
        Path.Combine(Data, "logs") is var folder && Directory.Exists(folder)
            ? Directory.GetFiles(folder).Order(StringComparer.Ordinal).Append(Output)
            : [Output];

    /// <summary>
    /// Starts a process and waits until it is ready; one that ends before is started again, as a supervisor does: Redis or the store may be away at this
    /// moment.
    /// </summary>
    /// <param name="network">Whether it has an address of its own.</param>
    /// <param name="arguments">Of the program.</param>
    /// <param name="environment">What is added to the environment.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    public async Task StartAsync(
        bool network,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string?> environment,
        CancellationToken cancellationToken
    )
    {
        const int Attempts = 90;
        string[] on = network ? ChaosNetwork.On(machine) : [];
        string[] command = [.. on, "dotnet", Path.Combine(AppContext.BaseDirectory, "oneshot.dll"), "serve", .. arguments, "--data", Data];
        for (var attempt = 1; ; attempt++)
        {
            ServerProcess process;
            lock (_gate)
            {
                if (Held)
                {
                    // A fault has ended it; whoever held it starts it again.
                    return;
                }

                Address = null;
                Process?.Dispose();
                Process = process = ServerProcess.Start(command[0], command[1..], environment, "Ready: silo ", Output);
            }

            try
            {
                Address = (await process.Ready.WaitAsync(s_slowest, cancellationToken)).Split(' ')[2];
                return;
            }
            catch (Exception e) when (e is InvalidOperationException or TimeoutException && attempt < Attempts && !Held)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            }
            catch (Exception e) when (e is InvalidOperationException or TimeoutException && Held)
            {
                // Ended by a fault.
            }
        }
    }

    /// <summary>Ends its process; it stays down until somebody starts it.</summary>
    /// <param name="signal">KILL or TERM.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task EndAsync(string signal, CancellationToken cancellationToken)
    {
        ServerProcess? process;
        lock (_gate)
        {
            Held = true;
            process = Process;
        }

        if (process is null)
        {
            return;
        }

        await process.SignalAsync(signal);
        try
        {
            await process.EndAsync(cancellationToken).WaitAsync(s_slowestEnd, cancellationToken);
        }
        catch (TimeoutException)
        {
            Troubles.Enqueue($"silo {machine} did not end {s_slowestEnd.TotalMinutes:0} minutes after SIG{signal}");
            await process.SignalAsync("KILL");
            await process.EndAsync(cancellationToken);
        }
    }

    public void Dispose() => Process?.Dispose();
}
