using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Api.Description;

/// <summary>Schemas say what Recipe says of settings: limits, words and what they are for; and which fields are always there.</summary>
internal sealed class SchemaRules : IOpenApiSchemaTransformer
{
    /// <inheritdoc/>
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        Type(schema, context);
        if (context.JsonPropertyInfo is { AttributeProvider: PropertyInfo { DeclaringType: { } record } property })
        {
            if (Setting.Of(record).FirstOrDefault(setting => setting.Property.Name == property.Name) is { } setting)
            {
                Describe(schema, setting);
            }
        }
        else if (context.JsonTypeInfo.Kind == JsonTypeInfoKind.Object)
        {
            Require(schema, context.JsonTypeInfo);
        }

        // A limit of the texts of a list stands on the list's property.
        if (schema.Items is OpenApiSchema items && schema.MaxLength is { } longest)
        {
            (items.MaxLength, schema.MaxLength, schema.MinLength) = (longest, null, null);
        }

        return Task.CompletedTask;
    }

    private static void Type(OpenApiSchema schema, OpenApiSchemaTransformerContext context)
    {
        if (schema.Enum is { Count: > 0 } && schema.Type is null)
        {
            schema.Type = JsonSchemaType.String;
            // That it may be left open is said where it stands.
            schema.Enum =
            [
                .. schema.Enum.Where(word => word is not null && word.GetValueKind() == JsonValueKind.String && !JsonNullSentinel.IsJsonNullSentinel(word)),
            ];
        }

        // Numbers may be written as "NaN"; of all documents that happens to losses alone, and elsewhere a generator would make no number of it.
        if (Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) is var inner && (inner ?? context.JsonTypeInfo.Type) == typeof(double))
        {
            var mayBeNone = context.JsonPropertyInfo?.DeclaringType is { } owner && (owner == typeof(TermLosses) || owner == typeof(TermLoss));
            schema.Type = mayBeNone ? null : JsonSchemaType.Number | (inner is null ? default : JsonSchemaType.Null);
            schema.AnyOf = mayBeNone ? schema.AnyOf : null;
            schema.Format = mayBeNone ? null : schema.Format;
        }
    }

    private static void Describe(OpenApiSchema schema, Setting setting)
    {
        if (setting.Range is { } range)
        {
            // Not-a-number is never within limits.
            schema.AnyOf = null;
            schema.OneOf = null;
            schema.Type =
                (setting.ValueType == typeof(double) ? JsonSchemaType.Number : JsonSchemaType.Integer) | (setting.IsOpen ? JsonSchemaType.Null : default);
            schema.Pattern = null;
            var least = range.Least.ToString(CultureInfo.InvariantCulture);
            schema.Minimum = range.IsAbove ? null : least;
            schema.ExclusiveMinimum = range.IsAbove ? least : null;
            schema.Maximum = range.Most.ToString(CultureInfo.InvariantCulture);
        }
        else if (setting.Words.Count > 0 && setting.ValueType == typeof(string))
        {
            schema.Enum = [.. setting.Words.Select(word => (JsonNode)JsonValue.Create(word))];
        }

        // What help says of a switch that turns something off, or of the command line's own way to write a value, is not true of the field.
        if (
            !setting.ValueType.IsEnum // whose schema stands by itself
            && setting.Option is { Form: null } option
            && !option.Name.StartsWith("--no-", StringComparison.Ordinal)
            && !option.Help.Contains("--", StringComparison.Ordinal)
        )
        {
            schema.Description = option.Help;
        }
    }

    // What the constructor demands is always written, unless it is null: that is left out.
    private static void Require(OpenApiSchema schema, JsonTypeInfo type)
    {
        foreach (var property in type.Properties.Where(property => property.AssociatedParameter is { HasDefaultValue: false, IsMemberInitializer: false }))
        {
            if (property.IsGetNullable)
            {
                schema.Required?.Remove(property.Name);
            }
            else
            {
                (schema.Required ??= new SortedSet<string>(StringComparer.Ordinal)).Add(property.Name);
            }
        }
    }
}
