using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansOneShot.Api.Access;
using OrleansOneShot.Api.Bodies;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Api.Implantations;

/// <summary>Jobs: submitted, looked at, listed, ended.</summary>
internal static class ImplantationEndpoints
{
    /// <summary>Adds the routes.</summary>
    /// <param name="routes">Where to.</param>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/v1/implantations").WithTags("Implantations");
        jobs.MapPost("", SubmitAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("SubmitImplantation")
            .WithSummary("Submits a job. Its photo and masks are uploaded already.")
            .Accepts<ImplantationRequest>("application/json")
            .Produces<ImplantationStatus>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        jobs.MapGet("", ListAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("ListImplantations")
            .WithSummary("The owner's jobs, newest first, in pages.")
            .Produces<ImplantationList>();
        jobs.MapGet("/{id}", GetAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("GetImplantation")
            .WithSummary("All that is known of a job. With Prefer: wait=N the answer comes when something changes, or after N seconds.")
            .Produces<ImplantationStatus>()
            .Produces(StatusCodes.Status304NotModified)
            .ProducesProblem(StatusCodes.Status404NotFound);
        jobs.MapPost("/{id}/cancel", CancelAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("CancelImplantation")
            .WithSummary("Ends a job without result. Ended jobs stay as they are.")
            .Produces<ImplantationStatus>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        jobs.MapDelete("/{id}", DeleteAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("DeleteImplantation")
            .WithSummary("Deletes an ended job with all its files.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> SubmitAsync(HttpContext context, ClusterClient client, TimeProvider clock)
    {
        var caller = Caller.Of(context.User);
        var id = IdempotencyKey.ToJobId(caller.Owner, context.Request.Headers[IdempotencyKey.Header].ToString(), clock.GetUtcNow());
        var request = await JsonBody.ReadAsync<ImplantationRequest>(context, RequestJson.MaxBytes) with { Owner = caller.Owner };
        List<SettingProblem> problems = [.. RequestValidator.Find(request).Take(JsonBody.MostProblems)];
        if (problems.Count > 0)
        {
            throw Problems.Of(problems);
        }

        var job = client.GetImplantation(id);
        var known = await job.FindStatusAsync(context.RequestAborted);
        if (known is null)
        {
            await RequireUploadedAsync(client.GetUploads(caller.Owner), request, context.RequestAborted);
        }

        try
        {
            await client.SubmitAsync(request, new SubmitOptions { Id = id }, context.RequestAborted);
        }
        catch (OneShotException e) when (e.Detail.Code == ErrorCodes.Conflict)
        {
            throw IdempotencyKey.UsedForAnother();
        }

        if (known is not null)
        {
            context.Response.Headers[IdempotencyKey.Replayed] = "true";
        }

        var status = await job.GetStatusAsync(context.RequestAborted);
        JobAnswers.Tag(context, status);
        return TypedResults.Json(status, DocumentJson.Options, statusCode: StatusCodes.Status201Created).WithLocation(context, $"/v1/implantations/{id}");
    }

    private static async Task RequireUploadedAsync(OwnerUploads uploads, ImplantationRequest request, CancellationToken cancellationToken)
    {
        List<(string Field, string Hash)> inputs = [("image", request.Image), .. request.Objects.Select((item, i) => ($"objects[{i}].mask", item.Mask))];
        var missing = (await uploads.FindMissingAsync([.. inputs.Select(input => input.Hash).Distinct()], cancellationToken)).ToHashSet();
        if (missing.Count > 0)
        {
            throw new ProblemException(
                new ErrorDetail(
                    ErrorCodes.BlobMissing,
                    $"{missing.First()} was not uploaded, or is gone.",
                    Hint: "PUT the file to /v1/blobs/{its SHA-256}, then submit again."
                ),
                [
                    .. inputs
                        .Where(input => missing.Contains(input.Hash))
                        .Select(input => new ProblemField(Problems.Pointer(input.Field), $"{input.Hash} was not uploaded, or is gone.")),
                ]
            );
        }
    }

    private static async Task<IResult> ListAsync(HttpContext context, ClusterClient client, string? state, string? cursor, int? limit)
    {
        var page = await client.ListPageAsync(JobAnswers.Query(Caller.Of(context.User), state, cursor, limit), context.RequestAborted);
        return TypedResults.Json(new ImplantationList(page.Jobs, page.Next), DocumentJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext context, OwnedJobs jobs, string id)
    {
        var (job, status) = await jobs.FindAsync(Caller.Of(context.User), id, context.RequestAborted);
        if (LongPoll.Wanted(context) is { } patience && LongPoll.IsKnown(context, JobAnswers.TagOf(status)))
        {
            await LongPoll.WaitAsync(job.WatchAsync, status, patience, context.RequestAborted);
            status = await job.GetStatusAsync(context.RequestAborted);
        }

        JobAnswers.Tag(context, status);
        return LongPoll.IsKnown(context, JobAnswers.TagOf(status))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Json(status, DocumentJson.Options);
    }

    private static async Task<IResult> CancelAsync(HttpContext context, OwnedJobs jobs, string id)
    {
        var (job, _) = await jobs.FindAsync(Caller.Of(context.User), id, context.RequestAborted);
        return TypedResults.Json(await job.CancelAsync(context.RequestAborted), DocumentJson.Options);
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, OwnedJobs jobs, string id)
    {
        var (job, _) = await jobs.FindAsync(Caller.Of(context.User), id, context.RequestAborted);
        await job.DeleteAsync(context.RequestAborted);
        return TypedResults.NoContent();
    }

    private static T WithLocation<T>(this T result, HttpContext context, string location)
        where T : IResult
    {
        context.Response.Headers.Location = location;
        return result;
    }
}
