using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Cluster;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Api.Cluster;

/// <summary>What the cluster has and does: its silos, their slots, and who waits for them. Of all owners, so for operators.</summary>
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
    }

    private static JsonHttpResult<T> Show<T>(T document) => TypedResults.Json(document, DocumentJson.Options);
}
