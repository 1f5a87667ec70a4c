using System.CommandLine;
using System.Globalization;
using System.Net;
using OrleansOneShot.Compute;
using OrleansOneShot.Silo.Cluster;

namespace OrleansOneShot.Cli.Options;

/// <summary>Where a silo of a cluster listens: options, or environment variables, which suit containers.</summary>
internal sealed class ListenOptions
{
    /// <summary>Stands for <c>--bind</c>.</summary>
    public const string BindVariable = "ONESHOT_BIND";

    /// <summary>Stands for <c>--advertise</c>.</summary>
    public const string AdvertiseVariable = "ONESHOT_ADVERTISE";

    /// <summary>The pod's address, which manifests for Kubernetes set; stands for <c>--advertise</c> where a silo listens on all addresses.</summary>
    public const string PodVariable = "POD_IP";

    /// <summary>Stands for <c>--silo-port</c>. Not ONESHOT_SILO_PORT: Kubernetes sets that in every pod beside a service named oneshot-silo.</summary>
    public const string SiloPortVariable = "ONESHOT_BIND_SILO_PORT";

    /// <summary>Stands for <c>--gateway-port</c>; named like <see cref="SiloPortVariable"/>.</summary>
    public const string GatewayPortVariable = "ONESHOT_BIND_GATEWAY_PORT";

    /// <summary>Stands for <c>--allow-public</c> if it is 1 or true.</summary>
    public const string AllowPublicVariable = "ONESHOT_ALLOW_PUBLIC";

    private const int LargestPort = 65535;

    private readonly Option<string?> _bind = new("--bind")
    {
        HelpName = "ADDRESS",
        Description =
            $"Address of this machine on which a cluster's silo listens; 0.0.0.0 or :: for all of them, with --advertise (default: {BindVariable}, else the "
            + $"loopback).",
    };

    private readonly Option<string?> _advertise = new("--advertise")
    {
        HelpName = "ADDRESS",
        Description = $"Address under which other silos and clients reach it (default: {AdvertiseVariable}, else --bind's; with 0.0.0.0 or ::, {PodVariable}).",
    };

    private readonly Option<long?> _siloPort = NumberOptions.Whole(
        "--silo-port",
        1,
        LargestPort,
        $"Port for other silos (default: {SiloPortVariable}, else a free one)."
    );

    private readonly Option<long?> _gatewayPort = NumberOptions.Whole(
        "--gateway-port",
        1,
        LargestPort,
        $"Port for clients (default: {GatewayPortVariable}, else a free one)."
    );

    private readonly Option<bool> _allowPublic = new("--allow-public")
    {
        Description = $"Listens on a public address, although the ports carry no authentication: behind a firewall alone (or {AllowPublicVariable}=1).",
    };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Add(All);
        command.RequireCluster(All, "the silo listens on the loopback alone");
    }

    /// <summary>What was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>Where to listen.</returns>
    /// <exception cref="InvalidInputException">No address or port.</exception>
    public SiloListenOptions Resolve(ParseResult parsed) =>
        Read(
            new Given(
                parsed.GetValue(_bind),
                parsed.GetValue(_advertise),
                (int?)parsed.GetValue(_siloPort),
                (int?)parsed.GetValue(_gatewayPort),
                parsed.GetValue(_allowPublic)
            ),
            Environment.GetEnvironmentVariable
        );

    /// <summary>Completes what was given by the environment.</summary>
    /// <param name="given">The options.</param>
    /// <param name="environment">Reads environment variables.</param>
    /// <returns>Where to listen.</returns>
    /// <exception cref="InvalidInputException">No address or port.</exception>
    internal static SiloListenOptions Read(Given given, Func<string, string?> environment)
    {
        var bind = Address("bind", "--bind", given.Bind, environment, BindVariable) ?? IPAddress.Loopback;
        var everywhere = bind.Equals(IPAddress.Any) || bind.Equals(IPAddress.IPv6Any);
        return new SiloListenOptions
        {
            Bind = bind,
            Advertise =
                Address("advertise", "--advertise", given.Advertise, environment, AdvertiseVariable)
                ?? (everywhere ? Address("advertise", "--advertise", null, environment, PodVariable) : null),
            SiloPort = given.SiloPort ?? Port("silo-port", environment, SiloPortVariable),
            GatewayPort = given.GatewayPort ?? Port("gateway-port", environment, GatewayPortVariable),
            AllowPublic = given.AllowPublic || environment(AllowPublicVariable)?.Trim().ToLowerInvariant() is "1" or "true",
        };
    }

    private IReadOnlyList<Option> All => [_bind, _advertise, _siloPort, _gatewayPort, _allowPublic];

    private static IPAddress? Address(string field, string option, string? text, Func<string, string?> environment, string variable)
    {
        var name = text is null ? variable : option;
        text ??= environment(variable);
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        return IPAddress.TryParse(text.Trim(), out var address)
            ? address
            : throw new InvalidInputException(
                $"{name} '{text}' is no IP address.",
                field,
                "Write an address such as 10.0.0.5 or fd00::5; host names are not looked up."
            );
    }

    private static int Port(string field, Func<string, string?> environment, string variable)
    {
        var text = environment(variable);
        if (string.IsNullOrWhiteSpace(text))
        {
            return 0;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= LargestPort
            ? port
            : throw new InvalidInputException($"{variable} must be a whole number from 1 to {LargestPort}, but is '{text}'.", field);
    }

    /// <summary>The options as they were given.</summary>
    /// <param name="Bind"><c>--bind</c>.</param>
    /// <param name="Advertise"><c>--advertise</c>.</param>
    /// <param name="SiloPort"><c>--silo-port</c>.</param>
    /// <param name="GatewayPort"><c>--gateway-port</c>.</param>
    /// <param name="AllowPublic"><c>--allow-public</c>.</param>
    internal sealed record Given(string? Bind = null, string? Advertise = null, int? SiloPort = null, int? GatewayPort = null, bool AllowPublic = false);
}
