using System.Net;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;

namespace OrleansOneShot.ModelHub;

/// <summary>How a model is fetched.</summary>
public sealed record ModelPullOptions
{
    /// <summary>Where models come from when nothing else is said.</summary>
    public const string DefaultHost = "https://huggingface.co";

    /// <summary>Address of the host, with its path if it has one.</summary>
    public Uri Host { get; init; } = new(DefaultHost);

    /// <summary>What the host is told with each request, and no other host is; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>Branch, tag or commit.</summary>
    public string Revision { get; init; } = "main";

    /// <summary>The model's name here; null takes the last part of the repository's.</summary>
    public string? Name { get; init; }

    /// <summary>Whether half-precision files are preferred where a repository has both.</summary>
    public bool PrefersHalf { get; init; }

    /// <summary>Files that are fetched at once.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>Repetitions of a request that brings nothing. A file whose bytes go on arriving is tried for as long as they do.</summary>
    public int Retries { get; init; } = 6;

    /// <summary>First wait between two tries; the next ones double.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A connection that brings nothing for this long is given up.</summary>
    public TimeSpan StallTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Largest file, in bytes.</summary>
    public long MaximumFileBytes { get; init; } = 16L << 30;

    /// <summary>Largest model, in bytes.</summary>
    public long MaximumBytes { get; init; } = 32L << 30;

    /// <summary>Most files of a model.</summary>
    public int MaximumFiles { get; init; } = 200;

    /// <summary>Reads the host that the environment names; no request is made.</summary>
    /// <param name="variable">Looks up a variable of the environment; null takes the process's own.</param>
    /// <returns>Its address and token; null if the environment names none.</returns>
    /// <exception cref="InvalidInputException">The address or the token can't be used. The message shows neither.</exception>
    public static ModelPullOptions? FromEnvironment(Func<string, string?>? variable = null)
    {
        if (HostAddress.Read(variable) is not { } address)
        {
            return null;
        }

        var options = new ModelPullOptions { Host = address, Token = HostToken.Read(variable) };
        using var refuses = new ModelHost(options);
        return options;
    }

    /// <summary>The host that the environment names, else <see cref="DefaultHost"/>; no request is made.</summary>
    /// <param name="variable">Looks up a variable of the environment; null takes the process's own.</param>
    /// <returns>Its address and token.</returns>
    /// <exception cref="InvalidInputException">The address or the token can't be used. The message shows neither.</exception>
    public static ModelPullOptions OfOperator(Func<string, string?>? variable = null) =>
        FromEnvironment(variable) ?? new ModelPullOptions { Token = HostToken.Read(variable) };

    /// <summary>Which addresses a host may not redirect to; tests, whose hosts are all of the loopback, say otherwise.</summary>
    internal Func<IPAddress, bool> IsOffLimits { get; init; } = PublicAddresses.Exclude;
}
