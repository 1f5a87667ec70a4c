using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>docs/openapi.json, and what it says of a call and its answer.</summary>
internal sealed class ApiContract
{
    private const string Json = "application/json";
    private const string Problem = "application/problem+json";
    private const string Here = "#/components/schemas/";

    private static readonly EvaluationOptions s_evaluation = new() { OutputFormat = OutputFormat.List };

    private readonly JsonObject _document;
    private readonly JsonObject _schemas;

    // Of parameters that callers name themselves.
    private const string AnyKey = "KEY";

    private readonly List<(Regex Path, string Template)> _paths;

    private ApiContract(JsonObject document)
    {
        _document = document;
        _schemas = JsonNode.Parse(document["components"]!["schemas"]!.ToJsonString().Replace(Here, "#/$defs/", StringComparison.Ordinal))!.AsObject();
        // Fixed parts before those that take anything.
        _paths =
        [
            .. document["paths"]!
                .AsObject()
                .Select(path => path.Key)
                .OrderBy(path => path.Count(sign => sign == '{'))
                .Select(path =>
                    (
                        new Regex(
                            "^"
                                + Regex
                                    .Replace(path, @"\{path\}", ".+")
                                    .Replace("/", "\\/", StringComparison.Ordinal)
                                    .Replace("{", "(?<")
                                    .Replace("}", ">[^/]+)")
                                + "$"
                        ),
                        path
                    )
                ),
        ];
    }

    /// <summary>The file.</summary>
    public static string File => Path.Combine(Repository.Root, "docs", "openapi.json");

    /// <summary>The contract as it is pinned.</summary>
    public static ApiContract Pinned { get; } = new(JsonNode.Parse(System.IO.File.ReadAllText(File))!.AsObject());

    /// <summary>The document.</summary>
    public JsonObject Document => _document;

    /// <summary>All operations, with path and method.</summary>
    public IEnumerable<(string Path, string Method, JsonObject Operation)> Operations =>
        _document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(one => (path.Key, one.Key, one.Value!.AsObject())));

    /// <summary>What a call or its answer does that the document does not say; null: nothing.</summary>
    public async Task<string?> FindBreachAsync(HttpRequestMessage call, byte[]? sent, HttpResponseMessage answer)
    {
        // A dry run is the call that the description has under its own path: a client that is generated takes one document of success.
        var path = call.RequestUri!.AbsolutePath + (call.RequestUri.Query == "?dry_run=true" ? "/estimate" : "");
        var method = call.Method.Method.ToLowerInvariant();
        var status = (int)answer.StatusCode;
        if (path.StartsWith("/openapi", StringComparison.Ordinal))
        {
            // The description does not describe itself.
            return null;
        }

        if (
            _paths.FirstOrDefault(known => known.Path.IsMatch(path)).Template is not { } template
            || _document["paths"]![template]![method] is not JsonObject operation
        )
        {
            return answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.Unauthorized
                ? null
                : $"{method} {path} is not documented, and was answered with {status}.";
        }

        var pointer = $"/paths/{template.Replace("/", "~1", StringComparison.Ordinal)}/{method}";
        if (Resolve(operation["responses"]![$"{status}"]) is not { } response)
        {
            return $"{pointer}/responses has no {status}.";
        }

        return FindInRequest(pointer, operation, call, sent, status) ?? await FindInAnswerAsync($"{pointer}/responses/{status}", method, response, answer);
    }

    /// <summary>What a document breaks of a schema; null: nothing.</summary>
    public string? FindBreach(JsonNode schema, JsonNode? instance)
    {
        var whole = JsonNode.Parse(schema.ToJsonString().Replace(Here, "#/$defs/", StringComparison.Ordinal))!.AsObject();
        whole["$defs"] = _schemas.DeepClone();
        using var element = JsonDocument.Parse(instance?.ToJsonString() ?? "null");
        var result = JsonSchema.FromText(whole.ToJsonString()).Evaluate(element.RootElement, s_evaluation);
        return result.IsValid
            ? null
            : string.Join(
                "; ",
                (result.Details ?? [])
                    .Where(detail => detail.Errors is { Count: > 0 })
                    .Select(detail => $"at {detail.InstanceLocation} {string.Join(", ", detail.Errors!.Values)} ({detail.EvaluationPath})")
            );
    }

    private string? FindInRequest(string pointer, JsonObject operation, HttpRequestMessage call, byte[]? sent, int status)
    {
        // What is refused may be anything.
        if (status >= 400)
        {
            return null;
        }

        var names = (operation["parameters"]?.AsArray() ?? [])
            .Where(parameter => (string?)parameter!["in"] == "query")
            .Select(parameter => (string)parameter!["name"]!);
        foreach (var name in System.Web.HttpUtility.ParseQueryString(call.RequestUri!.Query).AllKeys.Where(name => name != "dry_run"))
        {
            if (
                !names.Any(known =>
                    known == name || (known.EndsWith(AnyKey, StringComparison.Ordinal) && name!.StartsWith(known[..^3], StringComparison.Ordinal))
                )
            )
            {
                return $"{pointer}/parameters has no query {name}.";
            }
        }

        if (sent is not { Length: > 0 })
        {
            return null;
        }

        var content = operation["requestBody"]?["content"]?.AsObject();
        var type = call.Content!.Headers.ContentType?.MediaType ?? "application/octet-stream";
        return content?[type] is not { } media ? $"{pointer}/requestBody/content has no {type}."
            : type == Json && FindBreach(media["schema"]!, JsonNode.Parse(sent)) is { } breach ? $"{pointer}/requestBody/content/{type}: {breach}"
            : null;
    }

    private async Task<string?> FindInAnswerAsync(string pointer, string method, JsonObject response, HttpResponseMessage answer)
    {
        var type = answer.Content.Headers.ContentType?.MediaType;
        var content = response["content"]?.AsObject();
        if (method == "head" || type is null || answer.StatusCode == HttpStatusCode.NotModified)
        {
            return method != "head" && content is not null && answer.StatusCode != HttpStatusCode.NotModified && answer.Content.Headers.ContentLength != 0
                ? $"{pointer}/content is documented, and there is none."
                : null;
        }

        if (content?[type] is not { } media)
        {
            // Files have the types of what they hold.
            return content?["application/octet-stream"] is null ? $"{pointer}/content has no {type}." : null;
        }

        return type is Json or Problem && FindBreach(media["schema"]!, JsonNode.Parse(await answer.Content.ReadAsByteArrayAsync())) is { } breach
            ? $"{pointer}/content/{type}: {breach}"
            : null;
    }

    private JsonObject? Resolve(JsonNode? response) =>
        (string?)response?["$ref"] is { } reference ? _document["components"]!["responses"]![reference.Split('/')[^1]]!.AsObject() : response?.AsObject();
}

/// <summary>Compares every call of a test, and its answer, with the pinned document.</summary>
internal sealed class ContractHandler()
    // Who asks before it sends waits for the answer, also on a machine that takes longer than the usual second.
    : DelegatingHandler(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) })
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // What can't be read twice is not looked at; the server's own answer to it is.
        var sent = request.Content is System.Net.Http.Json.JsonContent or StringContent or ByteArrayContent
            ? await request.Content.ReadAsByteArrayAsync(cancellationToken)
            : null;
        var answer = await base.SendAsync(request, cancellationToken);
        if (await ApiContract.Pinned.FindBreachAsync(request, sent, answer) is { } breach)
        {
            Assert.Fail($"docs/openapi.json does not say so: {breach}");
        }

        return answer;
    }
}
