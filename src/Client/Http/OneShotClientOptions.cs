using Microsoft.Extensions.Logging;

namespace OrleansOneShot.Client.Http;

/// <summary>How a client calls a server over HTTP.</summary>
public sealed class OneShotClientOptions
{
    /// <summary>A file that holds the key, as <c>oneshot keys add</c> writes it; read once. Null: see <see cref="Key"/>.</summary>
    public string? KeyFile { get; set; }

    /// <summary>The key itself, <c>os1_...</c>, where it does not lie in a file; null: the server needs none.</summary>
    public string? Key { get; set; }

    /// <summary>How long a call may take from its beginning to its answer, uploads and streams apart.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>How long a stream may be silent before it counts as broken; the server says something every 15 seconds.</summary>
    public TimeSpan SilenceTimeout { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>How often a call is repeated that met 408, 429, 5xx or a broken connection.</summary>
    public int MaxRetries { get; set; } = 3;

    /// <summary>Longest wait that a server may ask for (Retry-After) before the call is given up instead.</summary>
    public TimeSpan MaxRetryAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What sends calls, such as a handler with a proxy or a client certificate; not disposed of. Null: the platform's.</summary>
    public HttpMessageHandler? Handler { get; set; }

    /// <summary>Waits between two tries.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where the client logs; null: nowhere. No key is ever logged.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }
}
