using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Cluster;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Api.Cluster;

/// <summary>What the cluster has and does: its silos, their slots, and who waits for them; and how it is drained. Of all owners, so for operators.</summary>
internal static class ClusterEndpoints
{
    /// <summary>Adds the routes.</summary>
    /// <param name="routes">Where to.</param>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var cluster = routes.MapGroup("/v1/cluster").WithTags("Cluster").RequireAuthorization(KeyScopes.ClusterRead);
        cluster
            .MapGet("/silos", async (HttpContext context, ClusterClient client) => Show((await client.GetSchedulerAsync(context.RequestAborted)).ToSilos()))
            .WithName("ListSilos")
            .WithSummary("The silos that offer slots, and why one takes no jobs.")
            .Produces<SiloListDocument>();
        cluster
            .MapGet("/slots", async (HttpContext context, ClusterClient client) => Show((await client.GetSchedulerAsync(context.RequestAborted)).ToSlots()))
            .WithName("ListSlots")
            .WithSummary("The slots, and which job uses each.")
            .Produces<SlotListDocument>();
        cluster
            .MapGet("/queue", async (HttpContext context, ClusterClient client) => Show((await client.GetSchedulerAsync(context.RequestAborted)).ToQueue()))
            .WithName("ListQueue")
            .WithSummary("The waiting jobs of all owners, in the order in which they will start.")
            .Produces<QueueDocument>();
        cluster
            .MapGet("/drain", async (HttpContext context, ClusterClient client) => Show((await client.GetDrainAsync(context.RequestAborted)).ToDocument()))
            .WithName("GetDrain")
            .WithSummary("How far the cluster has drained.")
            .Produces<DrainDocument>();

        var drains = routes.MapGroup("/v1/cluster").WithTags("Cluster").RequireAuthorization(KeyScopes.Admin);
        drains
            .MapPut("/drain", async (HttpContext context, ClusterClient client) => Show((await client.DrainAsync(context.RequestAborted)).ToDocument()))
            .WithName("DrainCluster")
            .WithSummary("Drains the cluster for an upgrade: jobs stop at a checkpoint and wait, and all silos leave, this server among them.")
            .Produces<DrainDocument>()
            .ProducesProblem(StatusCodes.Status409Conflict);
        drains
            .MapDelete("/drain", async (HttpContext context, ClusterClient client) => Show((await client.ResumeAsync(context.RequestAborted)).ToDocument()))
            .WithName("ResumeCluster")
            .WithSummary("Takes a drain back; silos that have begun to leave leave all the same.")
            .Produces<DrainDocument>();
        drains
            .MapPost(
                "/silos/{silo}/drain",
                async (string silo, HttpContext context, ClusterClient client) => Show((await client.DrainSiloAsync(silo, context.RequestAborted)).ToDocument())
            )
            .WithName("DrainSilo")
            .WithSummary("Has one silo leave: its jobs stop at a checkpoint and go on elsewhere.")
            .Produces<DrainDocument>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static JsonHttpResult<T> Show<T>(T document) => TypedResults.Json(document, DocumentJson.Options);
}
