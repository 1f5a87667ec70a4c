using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using OrleansOneShot.Api.Access;
using OrleansOneShot.Api.Bodies;
using OrleansOneShot.Api.Description;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Api.Implantations;

/// <summary>Jobs: submitted, looked at, listed, ended.</summary>
internal static class ImplantationEndpoints
{
    private static readonly ImplantationRequest s_example = new()
    {
        Name = "cat",
        Image = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        Objects =
        [
            new ObjectSpec
            {
                Class = "cat",
                Token = "<cat>",
                Mask = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
            },
        ],
        Model = new ModelReference { Name = "toyworld-64" },
        Training = new TrainingOptions { Steps = 60 },
        Samples = new SampleOptions { Prompts = ["a <cat> in the snow"], PerPrompt = 1 },
        Metadata = new Dictionary<string, string> { ["order"] = "4711" },
    };

    /// <summary>Adds the routes.</summary>
    /// <param name="routes">Where to.</param>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/v1/implantations").WithTags("Implantations");
        jobs.MapPost("", SubmitAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("SubmitImplantation")
            .WithSummary("Submits a job, whose photo and masks are uploaded already. With dry_run=true it is EstimateImplantation.")
            .Accepts<ImplantationRequest>("application/json")
            .WithExample(s_example)
            .TakesHeader(CallHeader.IdempotencyKey)
            .Produces<ImplantationStatus>(StatusCodes.Status201Created)
            // Of dry_run's answer tells the next route: clients that are generated take one document of success.
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        jobs.MapPost("/estimate", EstimateAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("EstimateImplantation")
            .WithSummary("Checks a job and tells what it would take, and which files are still to be uploaded. Creates nothing.")
            .Accepts<ImplantationRequest>("application/json")
            .WithExample(s_example)
            .Produces<ImplantationEstimate>()
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        jobs.MapGet("", ListAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("ListImplantations")
            .TakesQuery(ListQuery.MetadataParameter)
            .WithSummary("The owner's jobs, newest first, in pages: all, or those of a state or with metadata (metadata.KEY=VALUE).")
            .Produces<ImplantationList>()
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        jobs.MapGet("/{id}", GetAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("GetImplantation")
            .WithSummary("All that is known of a job. With Prefer: wait=N the answer comes when something changes, or after N seconds.")
            .Produces<ImplantationStatus>()
            .Produces(StatusCodes.Status304NotModified)
            .TakesHeader(CallHeader.Prefer)
            .ProducesProblem(StatusCodes.Status404NotFound);
        jobs.MapPost("/{id}/cancel", CancelAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("CancelImplantation")
            .WithSummary("Ends a job without result. Ended jobs stay as they are.")
            .Produces<ImplantationStatus>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        jobs.MapPost("/{id}/retry", RetryAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("RetryImplantation")
            .WithSummary("Runs a job again that has failed or was cancelled, under the same id.")
            .Produces<ImplantationStatus>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        jobs.MapDelete("/{id}", DeleteAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("DeleteImplantation")
            .WithSummary("Deletes an ended job with all its files.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> SubmitAsync(HttpContext context, ClusterClient client, TimeProvider clock, [FromQuery(Name = "dry_run")] string? dryRun)
    {
        if (SubmitQuery.IsDryRun(dryRun, context.Request.QueryString))
        {
            return await EstimateAsync(context, client);
        }

        var caller = Caller.Of(context.User);
        var key = context.Request.Headers[IdempotencyKey.Header].ToString();
        var id = IdempotencyKey.ToJobId(caller.Owner, key, clock.GetUtcNow());
        var request = await ReadAsync(context, caller);
        var job = client.GetImplantation(id);
        // Without a key the id is new.
        var isKnown = key.Length > 0 && await job.FindStatusAsync(context.RequestAborted) is not null;
        if (!isKnown)
        {
            await RequireUploadedAsync(client.GetUploads(caller.Owner), request, context.RequestAborted);
        }

        ImplantationStatus status;
        try
        {
            status = await job.SubmitAsync(request, context.RequestAborted);
        }
        catch (OneShotException e) when (e.Detail.Code == ErrorCodes.Conflict)
        {
            throw JobAnswers.UsedForAnother();
        }

        if (isKnown)
        {
            context.Response.Headers[IdempotencyKey.Replayed] = "true";
        }

        JobAnswers.Tag(context, status);
        return TypedResults.Json(status, DocumentJson.Options, statusCode: StatusCodes.Status201Created).WithLocation(context, $"/v1/implantations/{id}");
    }

    private static async Task<IResult> EstimateAsync(HttpContext context, ClusterClient client) =>
        TypedResults.Json(await client.EstimateAsync(await ReadAsync(context, Caller.Of(context.User)), context.RequestAborted), DocumentJson.Options);

    private static async Task<ImplantationRequest> ReadAsync(HttpContext context, Caller caller)
    {
        var request = await JsonBody.ReadAsync<ImplantationRequest>(context, RequestJson.MaxBytes) with { Owner = caller.Owner };
        Problems.Require(RequestValidator.Find(request));
        return request;
    }

    private static async Task RequireUploadedAsync(OwnerUploads uploads, ImplantationRequest request, CancellationToken cancellationToken)
    {
        var missing = await uploads.FindMissingAsync([.. request.Inputs().Select(input => input.Sha256).Distinct()], cancellationToken);
        if (missing.Length > 0)
        {
            throw Missing(request, missing.ToHashSet(StringComparer.Ordinal), "was not uploaded, or is gone", "submit again");
        }
    }

    private static ProblemException Missing(ImplantationRequest request, HashSet<string> missing, string why, string then) =>
        new(
            new ErrorDetail(ErrorCodes.BlobMissing, $"{missing.First()} {why}.", Hint: $"PUT the file to /v1/blobs/{{its SHA-256}}, then {then}."),
            [
                .. request
                    .Inputs()
                    .Where(input => missing.Contains(input.Sha256))
                    .Select(input => new ProblemField(Problems.Pointer(input.Field), $"{input.Sha256} {why}.")),
            ]
        );

    private static async Task<IResult> ListAsync(HttpContext context, ClusterClient client, [AsParameters] ListParameters parameters)
    {
        var page = await client.ListPageAsync(ListQuery.Read(parameters, context.Request.QueryString, Caller.Of(context.User).Owner), context.RequestAborted);
        return TypedResults.Json(new ImplantationList(page.Jobs, page.Next), DocumentJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext context, OwnedJobs jobs, string id)
    {
        var (job, status) = await jobs.FindAsync(Caller.Of(context.User), id, context.RequestAborted);
        return await JobAnswers.StatusAsync(context, status, job.WatchAsync, () => job.GetStatusAsync(context.RequestAborted));
    }

    private static async Task<IResult> CancelAsync(HttpContext context, OwnedJobs jobs, string id)
    {
        var (job, _) = await jobs.FindAsync(Caller.Of(context.User), id, context.RequestAborted);
        return TypedResults.Json(await job.CancelAsync(context.RequestAborted), DocumentJson.Options);
    }

    private static async Task<IResult> RetryAsync(HttpContext context, OwnedJobs jobs, IArtifactStore store, string id)
    {
        var (job, known) = await jobs.FindAsync(Caller.Of(context.User), id, context.RequestAborted);
        try
        {
            var status = await job.RetryKnownAsync(known, context.RequestAborted);
            JobAnswers.Tag(context, status);
            return TypedResults.Json(status, DocumentJson.Options);
        }
        catch (OneShotException e) when (e.Detail.Code == ErrorCodes.BlobMissing)
        {
            var missing = new HashSet<string>(StringComparer.Ordinal);
            foreach (var hash in known.Request.Inputs().Select(input => input.Sha256).Distinct())
            {
                if (await store.GetInfoAsync(StorePaths.Blob(hash), context.RequestAborted) is null)
                {
                    missing.Add(hash);
                }
            }

            throw missing.Count == 0 ? e : Missing(known.Request, missing, "is gone", "retry");
        }
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
