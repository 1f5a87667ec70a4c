using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using OrleansOneShot.Documents.Http;
using Scalar.AspNetCore;

namespace OrleansOneShot.Api.Description;

/// <summary>
/// The API's description: OpenAPI 3.1 at <c>/openapi/v1.json</c>, made from the routes and the documents themselves, and a page that shows it at
/// <c>/openapi</c>. Both are read without a key.
/// </summary>
internal static class ApiDescription
{
    private const string Page = "/openapi";

    /// <summary>Adds the description to services.</summary>
    /// <param name="services">The services.</param>
    public static void AddTo(IServiceCollection services)
    {
        // Schemas show the documents as they are written.
        services.ConfigureHttpJsonOptions(json => DocumentJson.ApplyTo(json.SerializerOptions));
        services.AddOpenApi(
            "v1",
            options =>
            {
                options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
                options.AddSchemaTransformer<SchemaRules>();
                options.AddOperationTransformer<OperationRules>();
                options.AddDocumentTransformer<DocumentRules>();
            }
        );
    }

    /// <summary>Adds the routes.</summary>
    /// <param name="application">Where to.</param>
    public static void Map(WebApplication application)
    {
        application.MapOpenApi().AllowAnonymous();
        // All that the page needs comes from this server: who reads it may have no other network, and nobody else is to learn of it.
        application
            .MapScalarApiReference(
                Page,
                options =>
                {
                    options.Title = "OrleansOneShot";
                    options.DefaultFonts = false;
                    options.Telemetry = false;
                    options.HideClientButton = true;
                    options.ProxyUrl = null;
                    options.DisableAgent();
                    options.DisableMcp();
                }
            )
            .AllowAnonymous();
    }
}
