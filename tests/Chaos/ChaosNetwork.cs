using System.Globalization;
using System.Net;

namespace OrleansOneShot.Chaos;

/// <summary>
/// A network within the run's own namespace: Redis, the store and the clients have an address each, and each silo a namespace with one interface, as if it were
/// a machine. Packets can get lost in one direction alone. Nothing of it reaches, or is reached by, the world outside.
/// </summary>
internal sealed class ChaosNetwork
{
    private const string Table = "chaos";

    private ChaosNetwork() { }

    /// <summary>Where clients are.</summary>
    public static IPAddress Clients { get; } = IPAddress.Parse("10.77.0.1");

    /// <summary>Where Redis is.</summary>
    public static IPAddress Redis { get; } = IPAddress.Parse("10.77.0.2");

    /// <summary>Where the store is.</summary>
    public static IPAddress Store { get; } = IPAddress.Parse("10.77.0.3");

    /// <summary>Whether this process has a network, mounts and process numbers of its own, which the script gives it.</summary>
    public static bool HasRoom => Environment.GetEnvironmentVariable("ONESHOT_CHAOS_ROOM") == "1";

    /// <summary>Builds the network.</summary>
    /// <returns>The network, or why there can be none; then everything is on the loopback.</returns>
    public static async Task<(ChaosNetwork? Network, string? Why)> TryCreateAsync()
    {
        if (!HasRoom)
        {
            return (null, "no namespaces: start it by tests/Chaos/run, where unshare is allowed");
        }

        try
        {
            await Tool.RunAsync("ip", "link", "set", "lo", "up");

            // Names of namespaces lie there, and here nobody else's do.
            await Tool.RunAsync("mount", "-t", "tmpfs", "tmpfs", "/run");
            await FilterAsync([]);
            await Tool.RunAsync("ip", "link", "add", "chaos0", "type", "bridge");
            foreach (var address in new[] { Clients, Redis, Store })
            {
                await Tool.RunAsync("ip", "addr", "add", $"{address}/16", "dev", "chaos0");
            }

            await Tool.RunAsync("ip", "link", "set", "chaos0", "up");
            await AddMachineAsync(0);
            return (new ChaosNetwork(), null);
        }
        catch (InvalidOperationException e)
        {
            return (null, e.Message);
        }
    }

    /// <summary>The address of a machine.</summary>
    /// <param name="machine">Its number.</param>
    public static IPAddress AddressOf(int machine) => new([10, 77, (byte)(1 + (machine / 250)), (byte)(1 + (machine % 250))]);

    /// <summary>What goes before a command so that it runs on a machine.</summary>
    /// <param name="machine">Its number.</param>
    public static string[] On(int machine) => ["nsenter", $"--net=/run/netns/{NameOf(machine)}"];

    /// <summary>Adds a machine.</summary>
    /// <param name="machine">Its number.</param>
    public static async Task AddMachineAsync(int machine)
    {
        var name = NameOf(machine);
        await Tool.RunAsync("ip", "netns", "add", name);
        await Tool.RunAsync("ip", "link", "add", $"v{name}", "type", "veth", "peer", "name", "eth0", "netns", name);
        await Tool.RunAsync("ip", "link", "set", $"v{name}", "master", "chaos0", "up");
        foreach (
            var command in (string[][])
                [
                    ["ip", "link", "set", "lo", "up"],
                    ["ip", "addr", "add", $"{AddressOf(machine)}/16", "dev", "eth0"],
                    ["ip", "link", "set", "eth0", "up"],
                ]
        )
        {
            await RunOnAsync(On(machine), command);
        }

        await FilterAsync(On(machine));
    }

    /// <summary>Loses all packets from one address to another; those of the other direction arrive.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver: a machine's address, or one of this process's.</param>
    /// <param name="machine">The number of the receiver's machine; null: this process's network.</param>
    public static Task CutAsync(IPAddress from, IPAddress to, int? machine) =>
        RunOnAsync(
            machine is { } number ? On(number) : [],
            ["nft", "add", "rule", "inet", Table, "in", "ip", "saddr", $"{from}", "ip", "daddr", $"{to}", "drop"]
        );

    /// <summary>Loses nothing more.</summary>
    /// <param name="machine">The number of the receiver's machine; null: this process's network.</param>
    public static Task MendAsync(int? machine) => RunOnAsync(machine is { } number ? On(number) : [], ["nft", "flush", "chain", "inet", Table, "in"]);

    private static string NameOf(int machine) => string.Create(CultureInfo.InvariantCulture, $"m{machine}");

    private static async Task FilterAsync(string[] on)
    {
        await RunOnAsync(on, ["nft", "add", "table", "inet", Table]);
        await RunOnAsync(on, ["nft", "add", "chain", "inet", Table, "in", "{ type filter hook input priority 0 ; }"]);
    }

    private static Task RunOnAsync(string[] on, string[] command)
    {
        string[] all = [.. on, .. command];
        return Tool.RunAsync(all[0], all[1..]);
    }
}
