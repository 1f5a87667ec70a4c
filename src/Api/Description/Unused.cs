using Microsoft.OpenApi;

namespace OrleansOneShot.Api.Description;

/// <summary>Takes components out of a document that nothing in it refers to.</summary>
/// <param name="document">The document.</param>
internal sealed class Unused(OpenApiDocument document)
{
    private readonly HashSet<string> _schemas = new(StringComparer.Ordinal);
    private readonly HashSet<string> _responses = new(StringComparer.Ordinal);

    /// <summary>Takes them out.</summary>
    public void Remove()
    {
        foreach (var operation in document.Paths.Values.SelectMany(path => path.Operations ?? []).Select(one => one.Value))
        {
            VisitAll(operation.RequestBody?.Content);
            foreach (var parameter in operation.Parameters ?? [])
            {
                Visit(parameter.Schema);
            }

            foreach (var response in (operation.Responses ?? []).Select(one => one.Value))
            {
                if (response is OpenApiResponseReference { Reference.Id: { } id })
                {
                    _responses.Add(id);
                }

                VisitAll(response.Content);
            }
        }

        RemoveOthers(document.Components?.Schemas, _schemas);
        RemoveOthers(document.Components?.Responses, _responses);
    }

    private static void RemoveOthers<T>(IDictionary<string, T>? components, HashSet<string> used)
    {
        foreach (var name in components?.Keys.Where(name => !used.Contains(name)).ToList() ?? [])
        {
            components!.Remove(name);
        }
    }

    private void VisitAll(IDictionary<string, OpenApiMediaType>? contents)
    {
        foreach (var media in contents?.Values ?? [])
        {
            Visit(media.Schema);
        }
    }

    private void Visit(IOpenApiSchema? schema)
    {
        if (schema is OpenApiSchemaReference { Reference.Id: { } id })
        {
            if (_schemas.Add(id) && document.Components?.Schemas?.TryGetValue(id, out var target) == true)
            {
                Visit(target);
            }

            return;
        }

        if (schema is null)
        {
            return;
        }

        IEnumerable<IOpenApiSchema?> parts =
        [
            .. schema.Properties?.Values ?? [],
            .. schema.AllOf ?? [],
            .. schema.AnyOf ?? [],
            .. schema.OneOf ?? [],
            schema.Items,
            schema.AdditionalProperties,
        ];
        foreach (var part in parts)
        {
            Visit(part);
        }
    }
}
