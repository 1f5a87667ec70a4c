using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansOneShot.Api.Access;
using OrleansOneShot.Api.Bodies;
using OrleansOneShot.Api.Description;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Api.Implantations;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Api.Generations;

/// <summary>Generations: jobs that draw pictures, with implantations or without. What can be done with a job can be done with them.</summary>
internal static class GenerationEndpoints
{
    private const string Path = "/v1/generations";

    private static readonly GenerationRequest s_example = new()
    {
        Model = new ModelReference { Name = "toyworld-64" },
        Implantations = [new ImplantationReference { Id = "20261123-121500-ab12cd34" }],
        Prompts = ["a <cat> on the beach"],
        PerPrompt = 2,
        Seed = 7,
    };

    /// <summary>Adds the routes.</summary>
    /// <param name="routes">Where to.</param>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup(Path).WithTags("Generations");
        jobs.MapPost("", SubmitAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("SubmitGeneration")
            .WithSummary("Submits a job that draws pictures, of a model alone or with implantations that have succeeded.")
            .Accepts<GenerationRequest>("application/json")
            .WithExample(s_example)
            .TakesHeader(CallHeader.IdempotencyKey)
            .Produces<GenerationStatus>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        jobs.MapGet("", ListAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("ListGenerations")
            .TakesQuery(ListQuery.MetadataParameter)
            .WithSummary("The owner's generations, newest first, in pages.")
            .Produces<GenerationList>();
        jobs.MapGet("/{id}", GetAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("GetGeneration")
            .WithSummary("All that is known of a generation. With Prefer: wait=N the answer comes when something changes, or after N seconds.")
            .TakesHeader(CallHeader.Prefer)
            .Produces<GenerationStatus>()
            .Produces(StatusCodes.Status304NotModified)
            .ProducesProblem(StatusCodes.Status404NotFound);
        jobs.MapPost("/{id}/cancel", CancelAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("CancelGeneration")
            .WithSummary("Ends a generation without result, between two denoising steps. Ended ones stay as they are.")
            .Produces<GenerationStatus>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        jobs.MapDelete("/{id}", DeleteAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("DeleteGeneration")
            .WithSummary("Deletes an ended generation with all its files.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        jobs.MapGet("/{id}/events", GetEventsAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("GetGenerationEvents")
            .WithSummary("The events of a generation: server-sent events for Accept: text/event-stream, else a page of JSON.")
            .Produces(StatusCodes.Status200OK, contentType: EventStream.ContentType)
            .Produces<EventList>() // behind the stream: of two types of one status the platform describes the last
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        jobs.MapGet("/{id}/files", ListFilesAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("ListGenerationFiles")
            .WithSummary("The pictures and the manifest of a generation; none until it has succeeded.")
            .Produces<FileList>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        jobs.MapGet("/{id}/files/{**path}", GetFileAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("GetGenerationFile")
            .WithSummary("A file of a generation; takes ranges. The ETag is the SHA-256 of its bytes.")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .Produces(StatusCodes.Status206PartialContent, contentType: "application/octet-stream")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> SubmitAsync(HttpContext context, ClusterClient client, TimeProvider clock)
    {
        var caller = Caller.Of(context.User);
        var key = context.Request.Headers[IdempotencyKey.Header].ToString();
        var id = IdempotencyKey.ToJobId(caller.Owner, key, clock.GetUtcNow(), IdempotencyKey.GenerationPrefix);
        var request = await JsonBody.ReadAsync<GenerationRequest>(context, RequestJson.MaxBytes) with { Owner = caller.Owner };
        Problems.Require(GenerationValidator.Find(request));
        var job = client.GetGeneration(id);
        // Without a key the id is new.
        var isKnown = key.Length > 0 && await job.FindStatusAsync(context.RequestAborted) is not null;
        GenerationStatus status;
        try
        {
            status = await job.SubmitAsync(request, context.RequestAborted);
        }
        catch (OneShotException e) when (e.Detail is { Code: ErrorCodes.Conflict, Field: "id" })
        {
            throw JobAnswers.UsedForAnother();
        }

        if (isKnown)
        {
            context.Response.Headers[IdempotencyKey.Replayed] = "true";
        }

        context.Response.Headers.Location = $"{Path}/{id}";
        JobAnswers.Tag(context, status);
        return TypedResults.Json(status, DocumentJson.Options, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(HttpContext context, ClusterClient client, [AsParameters] ListParameters parameters)
    {
        var page = await client.ListPageAsync(
            ListQuery.Read(parameters, context.Request.QueryString, Caller.Of(context.User).Owner) with
            {
                Kind = JobKind.Generation,
            },
            context.RequestAborted
        );
        return TypedResults.Json(new GenerationList(page.Jobs, page.Next), DocumentJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext context, OwnedJobs jobs, string id)
    {
        var caller = Caller.Of(context.User);
        var (job, status) = await jobs.FindGenerationAsync(caller, id, context.RequestAborted);
        return await JobAnswers.StatusAsync(
            context,
            status,
            job.WatchAsync,
            async () => (await jobs.FindGenerationAsync(caller, id, context.RequestAborted)).Status
        );
    }

    private static async Task<IResult> CancelAsync(HttpContext context, OwnedJobs jobs, string id)
    {
        var (job, _) = await jobs.FindGenerationAsync(Caller.Of(context.User), id, context.RequestAborted);
        return TypedResults.Json(await job.CancelAsync(context.RequestAborted), DocumentJson.Options);
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, OwnedJobs jobs, string id)
    {
        var (job, _) = await jobs.FindGenerationAsync(Caller.Of(context.User), id, context.RequestAborted);
        await job.DeleteAsync(context.RequestAborted);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> GetEventsAsync(HttpContext context, OwnedJobs jobs, TimeProvider clock, string id, long? after, int? limit)
    {
        var (job, status) = await jobs.FindGenerationAsync(Caller.Of(context.User), id, context.RequestAborted);
        return await EventEndpoints.AnswerAsync(context, job.WatchAsync, status, clock, after, limit);
    }

    private static async Task<IResult> ListFilesAsync(HttpContext context, OwnedJobs jobs, string id)
    {
        var (_, status) = await jobs.FindGenerationAsync(Caller.Of(context.User), id, context.RequestAborted);
        return FileEndpoints.List(status);
    }

    private static async Task<IResult> GetFileAsync(HttpContext context, OwnedJobs jobs, IArtifactStore store, string id, string path)
    {
        var (_, status) = await jobs.FindGenerationAsync(Caller.Of(context.User), id, context.RequestAborted);
        return await FileEndpoints.SendAsync(context, store, status, path);
    }
}
