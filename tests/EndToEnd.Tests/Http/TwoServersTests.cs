using System.Net;
using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Client;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>Two servers of one cluster act as one.</summary>
public sealed class TwoServersTests : IDisposable
{
    private const int Keys = 50;
    private const int Repetitions = 4;

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Submit_ToTwoServersAtOnceUnderTheSameKeys_MakesOneJobAKey()
    {
        await using var cluster = await TestCluster.StartAsync(2, _folder.Data, http: true);
        using var first = new HttpClient { BaseAddress = cluster.Silos[0].Url };
        using var second = new HttpClient { BaseAddress = cluster.Silos[1].Url };
        // What one server has taken the other one knows.
        var body = HttpServer.Request(await UploadAsync(first, "cat.png"), await UploadAsync(second, "cat-mask.png"), steps: 100_000);

        var answers = await Task.WhenAll(
            Enumerable.Range(0, Keys * Repetitions).Select(i => SubmitAsync(i % 2 == 0 ? first : second, body.ToJsonString(), $"key-{i / Repetitions}"))
        );

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.Status));
        Assert.Equal(Keys, answers.Select(answer => answer.Id).Distinct().Count());
        Assert.All(answers.Chunk(Repetitions), same => Assert.Single(same.Select(answer => answer.Id).Distinct()));
        List<string> listed = [];
        await using var client = OneShotClient.Connect(second.BaseAddress!);
        await foreach (var job in client.ListImplantationsAsync())
        {
            listed.Add(job.Id);
        }

        Assert.Equal(answers.Select(answer => answer.Id).Distinct().Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<string> UploadAsync(HttpClient client, string sample)
    {
        var bytes = await File.ReadAllBytesAsync(Repository.Sample(sample));
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        using var answer = await client.PutAsync($"/v1/blobs/{hash}", new ByteArrayContent(bytes));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return hash;
    }

    private static async Task<(HttpStatusCode Status, string Id)> SubmitAsync(HttpClient client, string body, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/implantations")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Idempotency-Key", key);
        using var answer = await client.SendAsync(request);
        return (answer.StatusCode, (string)(await HttpServer.ReadAsync(answer))["id"]!);
    }
}
