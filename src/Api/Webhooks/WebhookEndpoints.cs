using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansOneShot.Api.Access;
using OrleansOneShot.Api.Bodies;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Documents.Webhooks;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Api.Webhooks;

/// <summary>An owner's webhooks: made, looked at, ended.</summary>
internal static class WebhookEndpoints
{
    private const int MostBytes = 16 << 10;

    /// <summary>Adds the routes.</summary>
    /// <param name="routes">Where to.</param>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var webhooks = routes.MapGroup("/v1/webhooks").WithTags("Webhooks");
        webhooks
            .MapPost("", AddAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("AddWebhook")
            .WithSummary("Makes a webhook, which is told when the owner's jobs end; its secret is told this once.")
            .Accepts<WebhookRequest>("application/json")
            .Produces<NewWebhook>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        webhooks
            .MapGet("", ListAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("ListWebhooks")
            .WithSummary("The owner's webhooks, oldest first, without secrets.")
            .Produces<WebhookList>();
        webhooks
            .MapGet("/{id}", GetAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("GetWebhook")
            .WithSummary("A webhook with what waits to be delivered and what was, newest first.")
            .Produces<WebhookDocument>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        webhooks
            .MapDelete("/{id}", RemoveAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("DeleteWebhook")
            .WithSummary("Ends a webhook, and what waits to be delivered to it.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> AddAsync(HttpContext context, ClusterClient client)
    {
        var wanted = await JsonBody.ReadAsync<WebhookRequest>(context, MostBytes);
        List<SettingProblem> problems = [.. WebhookRules.Find(wanted)];
        if (problems.Count > 0)
        {
            throw Problems.Of(problems);
        }

        var made = await Of(context, client).AddAsync(wanted, context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Location = $"/v1/webhooks/{made.Webhook.Id}";
        return TypedResults.Json(made, DocumentJson.Options, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(HttpContext context, ClusterClient client) =>
        TypedResults.Json(new WebhookList(await Of(context, client).ListAsync(context.RequestAborted)), DocumentJson.Options);

    private static async Task<IResult> GetAsync(HttpContext context, ClusterClient client, string id) =>
        TypedResults.Json(await Of(context, client).GetAsync(id, context.RequestAborted), DocumentJson.Options);

    private static async Task<IResult> RemoveAsync(HttpContext context, ClusterClient client, string id)
    {
        await Of(context, client).RemoveAsync(id, context.RequestAborted);
        return TypedResults.NoContent();
    }

    private static OwnerWebhooks Of(HttpContext context, ClusterClient client) => client.GetWebhooks(Caller.Of(context.User).Owner);
}
