using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Client.Tests.Support;

/// <summary>A call as it was sent.</summary>
internal sealed record SentCall(HttpMethod Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>The query with its question mark; empty: there is none.</summary>
    public string Query { get; init; } = "";

    public override string ToString() => $"{Method} {Path}";
}

/// <summary>A server that gives the answers of a script, one a call.</summary>
internal sealed class ScriptedServer(params Func<HttpResponseMessage>[] answers) : HttpMessageHandler
{
    public static readonly Uri Address = new("http://server.test:8080");

    /// <summary>All that was sent.</summary>
    public List<SentCall> Calls { get; } = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        Calls.Add(
            new SentCall(
                request.Method,
                request.RequestUri!.AbsolutePath,
                request.Headers.ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase),
                body
            )
            {
                Query = request.RequestUri.Query,
            }
        );
        Assert.True(Calls.Count <= answers.Length, $"The script has no answer to {Calls[^1]}.");
        var answer = answers[Calls.Count - 1]();
        answer.RequestMessage = request;
        return answer;
    }
}

/// <summary>Answers, and what they are made of.</summary>
internal static class Answers
{
    public static ImplantationRequest Request { get; } =
        new()
        {
            Name = "cat",
            Image = new string('a', 64),
            Objects =
            [
                new ObjectSpec
                {
                    Class = "cat",
                    Token = "<cat>",
                    Mask = new string('b', 64),
                },
            ],
            Model = new ModelReference { Name = "toyworld-64" },
        };

    public static ImplantationStatus Status { get; } =
        new()
        {
            Id = "job-1",
            State = JobState.Queued,
            Request = Request,
            Created = DateTimeOffset.UnixEpoch,
        };

    /// <summary>The connection breaks before an answer has come.</summary>
    public static HttpResponseMessage Broken() => throw new HttpRequestException("Connection reset by peer");

    public static HttpResponseMessage Plain(HttpStatusCode status) => new(status) { Content = new ByteArrayContent([]) };

    public static HttpResponseMessage Document(object document, HttpStatusCode status = HttpStatusCode.OK) =>
        Text(JsonSerializer.Serialize(document, DocumentJson.Options), "application/json", status);

    public static HttpResponseMessage Text(string text, string type, HttpStatusCode status = HttpStatusCode.OK) =>
        new(status) { Content = new StringContent(text, Encoding.UTF8, type) };

    public static HttpResponseMessage Problem(HttpStatusCode status, string code, string detail) =>
        Text(
            JsonSerializer.Serialize(
                new ProblemDocument
                {
                    Type = "about:blank",
                    Title = code,
                    Status = (int)status,
                    Detail = detail,
                    Code = code,
                },
                DocumentJson.Options
            ),
            ProblemDocument.ContentType,
            status
        );

    public static HttpResponseMessage Later(HttpStatusCode status, TimeSpan after)
    {
        var answer = Plain(status);
        answer.Headers.RetryAfter = new RetryConditionHeaderValue(after);
        return answer;
    }

    /// <summary>A stream of events.</summary>
    public static HttpResponseMessage Events(BodyEnd end, params string[] parts) => Body(HttpStatusCode.OK, end, parts);

    /// <summary>An event as the server sends it.</summary>
    public static string Event(long sequence, JobState stage = JobState.Training)
    {
        var progress = new ProgressEvent
        {
            Sequence = sequence,
            Time = DateTimeOffset.UnixEpoch,
            Stage = stage,
        };
        return $"id: {sequence}\ndata: {JsonSerializer.Serialize(progress, DocumentJson.Options)}\n\n";
    }

    /// <summary>A body that comes in parts.</summary>
    public static HttpResponseMessage Body(HttpStatusCode status, BodyEnd end, params string[] parts) =>
        new(status) { Content = new StreamContent(new PartedStream(parts, end)) };
}

/// <summary>How a body ends.</summary>
internal enum BodyEnd
{
    /// <summary>As it should.</summary>
    Well,

    /// <summary>The connection breaks.</summary>
    Broken,

    /// <summary>Never: nothing more comes.</summary>
    Silent,
}

/// <summary>Bytes that come part by part.</summary>
internal sealed class PartedStream(IEnumerable<string> parts, BodyEnd end) : MemoryStream
{
    private readonly Queue<byte[]> _parts = new(parts.Select(Encoding.UTF8.GetBytes));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_parts.TryDequeue(out var part))
        {
            Assert.True(part.Length <= buffer.Length);
            part.CopyTo(buffer);
            return part.Length;
        }

        if (end == BodyEnd.Silent)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        return end == BodyEnd.Broken ? throw new IOException("The connection broke.") : 0;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
}
