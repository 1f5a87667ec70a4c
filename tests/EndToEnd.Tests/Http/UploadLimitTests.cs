using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>An owner's uploads are counted where the owner is, and refused before they are read.</summary>
public sealed class UploadLimitTests : IAsyncLifetime
{
    // Above the 32 that an owner may have under way.
    private const int Begun = 40;

    private readonly HttpServer _server = new();

    public async ValueTask InitializeAsync() => await _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Uploads_BeyondWhatAnOwnerMayHaveUnderWay_AreToldWhenToComeAgain()
    {
        var address = _server.Client.BaseAddress!;
        List<TcpClient> begun = [];
        try
        {
            // By hand: a client of HTTP sends nothing before there is a body.
            for (var i = 0; i < Begun; i++)
            {
                var one = new TcpClient();
                begun.Add(one);
                await one.ConnectAsync(address.Host, address.Port);
                var hash = Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(i)));
                var head = $"PUT /v1/blobs/{hash} HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Length: 1000\r\n\r\n";
                await one.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head + "begun"));
            }

            // Those for whom there is no place are told at once, without their bodies; then 32 have one.
            var told = await await Task.WhenAny(begun.Select(one => new StreamReader(one.GetStream()).ReadLineAsync()));
            Assert.Equal("HTTP/1.1 429 Too Many Requests", told);
            using var refused = await _server.Client.PutAsync($"/v1/blobs/{new string('f', 64)}", new ByteArrayContent([1]));
            var problem = await HttpServer.ProblemAsync(refused, HttpStatusCode.TooManyRequests, "limit");
            Assert.EndsWith($"try again in {refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds} s.", (string)problem["detail"]!, StringComparison.Ordinal);
        }
        finally
        {
            begun.ForEach(one => one.Dispose());
        }
    }
}
