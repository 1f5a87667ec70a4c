using System.Globalization;
using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>Follows a job as an EventSource does, by the platform's own parser.</summary>
internal sealed class EventReader(HttpClient client, string id, string kind = "implantations")
{
    /// <summary>The status of the newest connection.</summary>
    public HttpStatusCode Status { get; private set; }

    /// <summary>Reads events behind one that is known, until the server ends the stream.</summary>
    public async IAsyncEnumerable<(long Id, string Name, JsonObject Data)> ReadAsync(long last)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/{kind}/{id}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (last > 0)
        {
            request.Headers.Add("Last-Event-ID", last.ToString(CultureInfo.InvariantCulture));
        }

        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Status = answer.StatusCode;
        if (Status != HttpStatusCode.OK)
        {
            yield break;
        }

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(["no"], answer.Headers.GetValues("X-Accel-Buffering"));
        await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            yield return (long.Parse(item.EventId!, CultureInfo.InvariantCulture), item.EventType, JsonNode.Parse(item.Data)!.AsObject());
        }
    }
}
