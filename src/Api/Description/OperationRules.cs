using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using OrleansOneShot.Documents.Http;

namespace OrleansOneShot.Api.Description;

/// <summary>Operations say which scope they need, which headers they take and give, and what a body looks like.</summary>
internal sealed class OperationRules : IOpenApiOperationTransformer
{
    private const string Stream = "text/event-stream";
    private const string Bytes = "application/octet-stream";

    /// <inheritdoc/>
    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var responses = operation.Responses ??= [];
        AddBytes(metadata, responses);
        List<string> scopes = [.. metadata.OfType<IAuthorizeData>().Select(data => data.Policy).OfType<string>().Distinct()];
        if (scopes.Count > 0)
        {
            operation.Description = string.Join(
                "\n\n",
                new[] { operation.Description, $"Needs the scope `{string.Join("` and `", scopes)}`." }.OfType<string>()
            );
        }

        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(DocumentRules.Scheme, context.Document)] = scopes }];
        foreach (var header in HeadersOf(metadata, responses).DistinctBy(header => header.Name))
        {
            (operation.Parameters ??= []).Add(
                new OpenApiParameter
                {
                    Name = header.Name,
                    In = ParameterLocation.Header,
                    Description = header.Description,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                    Example = header.Example,
                }
            );
        }

        foreach (var parameter in metadata.OfType<CallParameter>())
        {
            (operation.Parameters ??= []).Add(
                new OpenApiParameter
                {
                    Name = parameter.Name,
                    In = ParameterLocation.Query,
                    Description = parameter.Description,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                }
            );
        }

        AddResponseHeaders(metadata, responses);
        foreach (var media in Contents(operation).Where(content => content.Type is Bytes or Stream).Select(content => content.Media))
        {
            media.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        }

        if (metadata.OfType<BodyExample>().LastOrDefault() is { } example && operation.RequestBody?.Content is { } bodies)
        {
            foreach (var media in bodies.Values)
            {
                media.Example = JsonSerializer.SerializeToNode(example.Value, example.Value.GetType(), DocumentJson.Options);
            }
        }

        return Task.CompletedTask;
    }

    // The platform leaves out the content of what has a content type and no document.
    private static void AddBytes(IList<object> metadata, OpenApiResponses responses)
    {
        foreach (var bytes in metadata.OfType<IProducesResponseTypeMetadata>().Where(one => one.Type is null || one.Type == typeof(void)))
        {
            if (responses.TryGetValue(bytes.StatusCode.ToString(CultureInfo.InvariantCulture), out var known) && known is OpenApiResponse response)
            {
                foreach (var type in bytes.ContentTypes)
                {
                    (response.Content ??= new Dictionary<string, OpenApiMediaType>()).TryAdd(type, new OpenApiMediaType());
                }
            }
        }
    }

    private static IEnumerable<(string Type, OpenApiMediaType Media)> Contents(OpenApiOperation operation) =>
        new[] { operation.RequestBody?.Content }
            .Concat((operation.Responses ?? []).Values.Select(response => response.Content))
            .SelectMany(content => content ?? new Dictionary<string, OpenApiMediaType>())
            .Select(content => (content.Key, content.Value));

    // Whatever answers so takes the header that asks for it.
    private static IEnumerable<CallHeader> HeadersOf(IList<object> metadata, OpenApiResponses responses) =>
        [
            .. metadata.OfType<CallHeader>(),
            .. responses.ContainsKey("304") ? new[] { CallHeader.IfNoneMatch } : [],
            .. responses.ContainsKey("206") ? new[] { CallHeader.Range } : [],
            .. responses.Values.Any(response => response.Content?.ContainsKey(Stream) == true) ? new[] { CallHeader.LastEventId } : [],
        ];

    private static void AddResponseHeaders(IList<object> metadata, OpenApiResponses responses)
    {
        foreach (var (status, response) in responses.Where(response => response.Key[0] is '2' or '3'))
        {
            if (response is not OpenApiResponse own)
            {
                continue;
            }

            if (status is "201" or "202")
            {
                Add(own, "Location", status == "201" ? "Path of what was made." : "Path of what is being made.");
            }

            if (status is "200" or "206" or "304" && responses.ContainsKey("304"))
            {
                Add(own, "ETag", "Names this version of the answer; for If-None-Match.");
            }

            if (metadata.Contains(CallHeader.IdempotencyKey) && status[0] == '2')
            {
                Add(own, "Idempotency-Replayed", "`true` where an earlier call with this key was answered so.");
            }
        }
    }

    private static void Add(OpenApiResponse response, string name, string description) =>
        (response.Headers ??= new Dictionary<string, IOpenApiHeader>())[name] = new OpenApiHeader
        {
            Description = description,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        };
}
