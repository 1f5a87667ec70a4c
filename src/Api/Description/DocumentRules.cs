using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Http;

namespace OrleansOneShot.Api.Description;

/// <summary>The document as a whole: what it is, how calls are let in, what errors look like and which ones any call can end with.</summary>
internal sealed class DocumentRules : IOpenApiDocumentTransformer
{
    /// <summary>How calls are let in.</summary>
    public const string Scheme = "key";

    private const string Problem = nameof(ProblemDocument);

    private static readonly Dictionary<int, string> s_errors = new()
    {
        [400] = "A value of the address or of a header can't be read.",
        [401] = "No key, or one that is unknown, expired or revoked (`unauthenticated`).",
        [403] = "The key lacks the scope (`forbidden`).",
        [404] = "There is no such thing, or it is somebody else's (`not_found`).",
        [409] = "What is there stands against it (`conflict`, `blob_missing`, `cancelled`).",
        [410] = "It is gone for good.",
        [413] = "The body is too large; it was not read (`limit`).",
        [415] = "The body has another content type.",
        [416] = "The file has no such part.",
        [422] = "Fields are unknown or out of range; `errors` names every one (`invalid_input`), or the Idempotency-Key was used otherwise (`conflict`).",
        [429] = "Too many calls, or too much waits or was uploaded already (`limit`).",
        [500] = "The server failed; its log tells more under `trace_id` (`failed`).",
        [503] = "The cluster or the store is out of reach (`unavailable`).",
    };

    private static readonly Dictionary<string, string> s_tags = new()
    {
        ["Blobs"] = "Photos and masks, named by the SHA-256 of their bytes and uploaded before the job that names them. An owner sees own uploads alone.",
        ["Implantations"] = "Jobs: one photo, masked objects and a base model become a LoRA, token vectors and sample pictures.",
        ["DatasetRuns"] = "Many implantations under one name: items become jobs, a bounded number at a time.",
        ["Generations"] = "Jobs that draw pictures with what was learned.",
        ["Keys"] = "Who may call, and what for.",
        ["Webhooks"] = "Calls of this server to others when jobs end.",
        ["Models"] = "Base models.",
        ["Cluster"] = "Silos, slots and the queue.",
    };

    /// <inheritdoc/>
    public async Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "OrleansOneShot",
            Version = ProgramVersion.Text,
            Summary = "One photo, a mask and a class name become a LoRA for Stable Diffusion.",
            Description =
                "Upload a photo and its masks, submit a job, follow its events, download its files.\n\nAs long as no key exists, an API on a loopback address "
                + "takes calls without one. A schema that takes no additional properties belongs to a body whose unknown fields are refused; documents that "
                + "the server gives may gain fields.\n\nEvery answer to a key carries `RateLimit` and `RateLimit-Policy`.",
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        };
        document.Servers = [new OpenApiServer { Url = "/", Description = "The server that gives this document." }];
        document.Components ??= new OpenApiComponents();
        AddScheme(document);
        document.AddComponent(Problem, (IOpenApiSchema)await context.GetOrCreateSchemaAsync(typeof(ProblemDocument), null, cancellationToken));
        foreach (var (status, description) in s_errors)
        {
            document.AddComponent<IOpenApiResponse>(NameOf(status), Response(status, description, document));
        }

        foreach (var (path, method, operation) in Operations(document))
        {
            AddErrors(operation, path, method, document);
        }

        RefuseUnknown(document);
        AddTags(document);
        new Unused(document).Remove();
        foreach (var schema in document.Components!.Schemas!.Values)
        {
            SchemaTexts.Clean(schema);
        }
    }

    private static IEnumerable<(string Path, HttpMethod Method, OpenApiOperation Operation)> Operations(OpenApiDocument document) =>
        document.Paths.SelectMany(path => (path.Value.Operations ?? []).Select(one => (path.Key, one.Key, one.Value)));

    private static void AddScheme(OpenApiDocument document) =>
        document.AddComponent(
            Scheme,
            (IOpenApiSecurityScheme)
                new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    BearerFormat = "os1_<id>_<secret>",
                    Description =
                        "A key. Its scopes: `jobs:read` reads the owner's jobs, events and files; `jobs:write` uploads, submits, cancels and deletes; "
                        + "`cluster:read` sees silos, slots and the queue; `admin` makes and ends keys, and drains the cluster.",
                }
        );

    private static string NameOf(int status) => $"Problem{status}";

    private static OpenApiResponse Response(int status, string description, OpenApiDocument document)
    {
        var response = new OpenApiResponse { Description = description };
        if (status != 416)
        {
            response.Content = new Dictionary<string, OpenApiMediaType>
            {
                [ProblemDocument.ContentType] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(Problem, document) },
            };
        }

        if (status is 429 or 503)
        {
            response.Headers = new Dictionary<string, IOpenApiHeader>
            {
                ["Retry-After"] = new OpenApiHeader
                {
                    Description = "Seconds after which the call may succeed.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1" },
                },
            };
        }

        return response;
    }

    private static void AddErrors(OpenApiOperation operation, string path, HttpMethod method, OpenApiDocument document)
    {
        var responses = operation.Responses ??= [];
        var declared = responses.Keys.Where(status => status[0] is '4' or '5').Select(int.Parse);
        var fromOutside =
            operation.Parameters?.Any(parameter => parameter.In is ParameterLocation.Query or ParameterLocation.Path or ParameterLocation.Header) == true;
        List<int> all =
        [
            .. declared,
            401,
            403,
            429,
            500,
            503,
            .. operation.RequestBody is null ? Array.Empty<int>() : [400, 413, 415, 422],
            .. fromOutside ? [400, 422] : Array.Empty<int>(),
            .. path.Contains('{', StringComparison.Ordinal) && method != HttpMethod.Put ? [404] : Array.Empty<int>(),
            .. responses.ContainsKey("206") ? [416] : Array.Empty<int>(),
        ];
        foreach (var status in all.Distinct().Order())
        {
            responses[$"{status}"] =
                method == HttpMethod.Head || !s_errors.TryGetValue(status, out var description)
                    ? new OpenApiResponse { Description = s_errors.GetValueOrDefault(status, "An error.") }
                    : new OpenApiResponseReference(NameOf(status), document);
        }
    }

    // Bodies are read strictly: Bodies/JsonBody.cs.
    private static void RefuseUnknown(OpenApiDocument document)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (_, _, operation) in Operations(document))
        {
            foreach (var media in operation.RequestBody?.Content?.Values ?? [])
            {
                Visit(media.Schema);
            }
        }

        void Visit(IOpenApiSchema? schema)
        {
            if (schema is OpenApiSchemaReference { Reference.Id: { } id })
            {
                if (!seen.Add(id))
                {
                    return;
                }

                schema = document.Components!.Schemas![id];
            }

            if (schema is not OpenApiSchema own)
            {
                return;
            }

            if (own.Properties is { Count: > 0 } && own.AdditionalProperties is null)
            {
                own.AdditionalPropertiesAllowed = false;
            }

            foreach (var part in new[] { own.Properties?.Values, own.AllOf, own.AnyOf, own.OneOf, [own.Items!] }.SelectMany(parts => parts ?? []))
            {
                Visit(part);
            }
        }
    }

    private static void AddTags(OpenApiDocument document)
    {
        var used = Operations(document)
            .SelectMany(one => one.Operation.Tags ?? new HashSet<OpenApiTagReference>())
            .Select(tag => tag.Name!)
            .Distinct()
            .Order(StringComparer.Ordinal);
        document.Tags = new HashSet<OpenApiTag>(used.Select(name => new OpenApiTag { Name = name, Description = s_tags.GetValueOrDefault(name) }));
    }
}
