using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using OrleansOneShot.Grains.Webhooks;

namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>A resolver whose names a test gives, each answer once and the last for ever.</summary>
internal sealed class FakeResolver : IHostResolver
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<IPAddress[]>> _answers = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What was looked up so far.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Adds an answer for a name.</summary>
    public void Add(string host, params string[] addresses) => _answers.GetOrAdd(host, _ => new()).Enqueue([.. addresses.Select(IPAddress.Parse)]);

    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        Asked.Enqueue(host);
        if (!_answers.TryGetValue(host, out var answers) || !answers.TryPeek(out var answer))
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }
        if (answers.Count > 1)
        {
            answers.TryDequeue(out _);
        }
        return Task.FromResult(answer);
    }
}
