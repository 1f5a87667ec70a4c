using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.OpenApi;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Api.Description;

/// <summary>What the code's own comments say of documents, in the words of the documents: fields for properties, values for constants.</summary>
internal static partial class SchemaTexts
{
    private static readonly Dictionary<string, Type> s_types = new[] { typeof(ImplantationStatus).Assembly, typeof(Setting).Assembly }
        .SelectMany(assembly => assembly.GetExportedTypes())
        .GroupBy(type => type.Name)
        .ToDictionary(types => types.Key, types => types.First());

    /// <summary>Puts the texts of a schema, and of all that stands in it, into those words.</summary>
    /// <param name="schema">The schema; what it refers to is left alone.</param>
    public static void Clean(IOpenApiSchema? schema)
    {
        if (schema is null)
        {
            return;
        }

        if (schema is IOpenApiDescribedElement { Description: { } text } described)
        {
            described.Description = Clean(text);
        }

        if (schema is OpenApiSchema own)
        {
            foreach (var part in new[] { own.Properties?.Values, own.OneOf, own.AnyOf, [own.Items!] }.SelectMany(parts => parts ?? []))
            {
                Clean(part);
            }
        }
    }

    private static string Clean(string text) => Member().Replace(WebUtility.HtmlDecode(Blanks().Replace(text, " ")), Word);

    private static string Word(Match match) =>
        !s_types.TryGetValue(match.Groups[1].Value, out var type) ? match.Value
        : type.GetMember(match.Groups[2].Value, BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance).FirstOrDefault() is not { } member
            ? match.Value
        : member is FieldInfo { IsLiteral: true } constant && !type.IsEnum ? Convert.ToString(constant.GetRawConstantValue(), CultureInfo.InvariantCulture)!
        : member is PropertyInfo { GetMethod.IsStatic: true } list && list.GetValue(null) is ImmutableArray<string> words ? string.Join(", ", words)
        : $"`{System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(member.Name)}`";

    // A member as the platform writes a reference to it: "int InputLimits.FileBytes".
    [GeneratedRegex(@"(?:\b(?:int|long|double|string|bool|[A-Z]\w*)(?:<\w+>)?\?? )?\b([A-Z]\w+)\.([A-Z]\w+)\b")]
    private static partial Regex Member();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
