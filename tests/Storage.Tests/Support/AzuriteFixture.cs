using OrleansOneShot.Storage.Azure;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.Storage.Tests.Support;

/// <summary>One Azurite for the tests of a class; each test takes a container of its own.</summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private AzuriteServer? _server;

    /// <summary>The server; without one, skips or fails the test that asks (a fixture itself could only fail).</summary>
    public AzuriteServer Server => _server ?? throw MissingServer.SkipOrFail(AzuriteServer.Missing);

    public async ValueTask InitializeAsync()
    {
        if (AzuriteServer.IsInstalled)
        {
            _server = await AzuriteServer.StartAsync();
        }
    }

    public AzureBlobArtifactStore NewStore() => new(NewOptions());

    /// <summary>Options with a new container, short waits, and 256 KiB blocks, so that small files have several.</summary>
    public AzureBlobOptions NewOptions(string? connection = null, string? container = null, int blockBytes = 256 * 1024, int pageSize = 5000) =>
        new()
        {
            ConnectionString = connection ?? Server.ConnectionString,
            Container = container ?? $"test-{Guid.NewGuid():N}",
            Prefix = "some/where",
            BlockBytes = blockBytes,
            PageSize = pageSize,
            Retries = 4,
            FirstDelay = TimeSpan.FromMilliseconds(5),
            LongestDelay = TimeSpan.FromMilliseconds(50),
        };

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
