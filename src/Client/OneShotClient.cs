using System.Runtime.CompilerServices;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Client;

/// <summary>The use cases over a transport.</summary>
public sealed partial class OneShotClient : IOneShotClient
{
    private readonly IOneShotTransport _transport;
    private readonly Submission _submission;

    private OneShotClient(IOneShotTransport transport)
    {
        _transport = transport;
        _submission = new Submission(transport);
    }

    /// <summary>Uses a server over HTTP. Makes no call: the first one connects.</summary>
    /// <param name="server">Its address, such as http://127.0.0.1:8080.</param>
    /// <param name="options">The key, and how calls are made; null where the server needs none.</param>
    /// <returns>A client; the caller disposes of it.</returns>
    /// <exception cref="Documents.Errors.OneShotException">invalid_input: the address is none, or the key's file can't be read or holds none.</exception>
    public static IOneShotClient Connect(Uri server, OneShotClientOptions? options = null) => new OneShotClient(new HttpTransport(server, options ?? new()));

    /// <summary>The way that <see cref="Connect"/> takes, for calls that a client has no method for, such as one page of a list. Makes no call.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="options">The key, and how calls are made; null where the server needs none.</param>
    /// <returns>The way; whoever gets it, as <see cref="Over"/> does, disposes of it.</returns>
    /// <exception cref="Documents.Errors.OneShotException">invalid_input: the address is none, or the key's file can't be read or holds none.</exception>
    public static IOneShotTransport OpenHttp(Uri server, OneShotClientOptions? options = null) => new HttpTransport(server, options ?? new());

    /// <summary>Uses a server in a way of the caller's own.</summary>
    /// <param name="transport">The way; the client disposes of it.</param>
    /// <returns>A client.</returns>
    public static IOneShotClient Over(IOneShotTransport transport)
    {
        ArgumentNullException.ThrowIfNull(transport);
        return new OneShotClient(transport);
    }

    /// <inheritdoc/>
    public async Task<ImplantationHandle> ImplantAsync(
        Implantation implantation,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default
    ) => new(await _submission.RunAsync(implantation, progress, cancellationToken), _transport);

    /// <inheritdoc/>
    public ImplantationHandle GetImplantation(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return new ImplantationHandle(id, _transport);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<JobSummary> ListImplantationsAsync(
        JobQuery? query = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        for (var next = query ?? new JobQuery(); next is not null;)
        {
            var page = await _transport.ListPageAsync(next, cancellationToken);
            foreach (var job in page.Jobs)
            {
                yield return job;
            }

            next = page.Next is null ? null : next with { Cursor = page.Next };
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _transport.DisposeAsync();
}
