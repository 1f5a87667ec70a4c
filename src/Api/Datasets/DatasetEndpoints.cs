using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansOneShot.Api.Access;
using OrleansOneShot.Api.Bodies;
using OrleansOneShot.Api.Description;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Api.Implantations;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Datasets;
using OrleansOneShot.Client.Datasets.Reports;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Api.Datasets;

/// <summary>Dataset runs: made, filled, looked at, paused and gone on with.</summary>
internal static class DatasetEndpoints
{
    private const string Path = "/v1/dataset-runs";
    private const int MostRequestBytes = 64 << 10;

    private static readonly DatasetRunRequest s_example = new()
    {
        Name = "autumn-shoes",
        Items = 2,
        Parallel = 4,
    };

    private static readonly DatasetBatch s_batch = new([
        new DatasetItem
        {
            Number = 0,
            Id = "shoe-0001",
            Request = new ImplantationRequest
            {
                Name = "shoe-0001",
                Image = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                Objects =
                [
                    new ObjectSpec
                    {
                        Class = "shoe",
                        Token = "<shoe>",
                        Mask = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
                    },
                ],
                Model = new ModelReference { Name = "toyworld-64" },
            },
        },
        new DatasetItem
        {
            Number = 1,
            Id = "shoe-0002",
            Error = new ErrorDetail(ErrorCodes.InvalidInput, "The photo can't be read.", "image"),
        },
    ]);

    /// <summary>Adds the routes.</summary>
    /// <param name="routes">Where to.</param>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var runs = routes.MapGroup(Path).WithTags("DatasetRuns");
        runs.MapPost("", CreateAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("CreateDatasetRun")
            .WithSummary("Makes a run without items; they are added afterwards, while the first of them run already.")
            .Accepts<DatasetRunRequest>("application/json")
            .WithExample(s_example)
            .TakesHeader(CallHeader.IdempotencyKey)
            .Produces<DatasetRunStatus>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        runs.MapGet("", ListAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("ListDatasetRuns")
            .WithSummary("The owner's runs, newest first, in pages.")
            .Produces<DatasetRunPage>()
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        runs.MapGet("/{id}", GetAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("GetDatasetRun")
            .WithSummary("All that is known of a run but its items. With Prefer: wait=N the answer comes when something changes, or after N seconds.")
            .TakesHeader(CallHeader.Prefer)
            .Produces<DatasetRunStatus>()
            .Produces(StatusCodes.Status304NotModified)
            .ProducesProblem(StatusCodes.Status404NotFound);
        runs.MapPost("/{id}/items", AddAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("AddDatasetItems")
            .WithSummary("Adds up to 128 items, whose photos and masks are uploaded already. Items that are there stay; one that has failed is replaced.")
            .Accepts<DatasetBatch>("application/json")
            .WithExample(s_batch)
            .Produces<DatasetRunStatus>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        runs.MapGet("/{id}/items", ListItemsAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("ListDatasetItems")
            .WithSummary("The items of a run by number, in pages: all, those in a state, or those that have changed since a version of the run.")
            .Produces<DatasetItemPage>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        runs.MapGet("/{id}/events", GetEventsAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("GetDatasetRunEvents")
            .WithSummary("The run's status each time that it has changed, until it is at rest, as server-sent events. Their ids are its versions.")
            .Produces(StatusCodes.Status200OK, contentType: EventStream.ContentType)
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        runs.MapGet("/{id}/report", GetReportAsync)
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("GetDatasetRunReport")
            .WithSummary("What came of a run, item by item, as it is now: a page (html, the default), csv or jsonl.")
            .Produces(StatusCodes.Status200OK, contentType: "text/html")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        MapVerb(
            runs,
            "cancel",
            "CancelDatasetRun",
            "Starts nothing more, and cancels the jobs that run. A run at rest stays as it is.",
            run => run.CancelAsync
        );
        MapVerb(runs, "resume", "ResumeDatasetRun", "Goes on with what was cancelled or waits.", run => run.ResumeAsync);
        MapVerb(runs, "retry", "RetryDatasetRun", "Runs the items again that have failed, and nothing else.", run => run.RetryAsync);
        runs.MapDelete("/{id}", DeleteAsync)
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName("DeleteDatasetRun")
            .WithSummary("Forgets a run at rest. Its jobs and their results stay.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static void MapVerb(
        RouteGroupBuilder runs,
        string verb,
        string name,
        string summary,
        Func<ClusterDatasetRun, Func<CancellationToken, Task<DatasetRunStatus>>> act
    ) =>
        runs.MapPost(
                $"/{{id}}/{verb}",
                async Task<IResult> (HttpContext context, OwnedDatasets owned, string id) =>
                {
                    var (run, _) = await owned.FindAsync(Caller.Of(context.User), id, context.RequestAborted);
                    return Answer(context, await act(run)(context.RequestAborted));
                }
            )
            .RequireAuthorization(KeyScopes.JobsWrite)
            .WithName(name)
            .WithSummary(summary)
            .Produces<DatasetRunStatus>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<IResult> CreateAsync(HttpContext context, ClusterClient client, TimeProvider clock)
    {
        var caller = Caller.Of(context.User);
        var key = context.Request.Headers[IdempotencyKey.Header].ToString();
        var id = DatasetRunId.Of(caller.Owner, key, clock.GetUtcNow());
        var request = await JsonBody.ReadAsync<DatasetRunRequest>(context, MostRequestBytes) with { Owner = caller.Owner };
        Problems.Require(DatasetRules.Find(request));
        var run = client.GetDatasetRun(id);
        // Without a key the id is new.
        var isKnown = key.Length > 0 && await run.FindStatusAsync(context.RequestAborted) is not null;
        DatasetRunStatus status;
        try
        {
            status = await run.CreateAsync(request, context.RequestAborted);
        }
        catch (OneShotException e) when (e.Detail.Code == ErrorCodes.Conflict)
        {
            throw JobAnswers.UsedForAnother();
        }

        if (isKnown)
        {
            context.Response.Headers[IdempotencyKey.Replayed] = "true";
        }

        context.Response.Headers.Location = $"{Path}/{id}";
        return Answer(context, status, StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(HttpContext context, ClusterClient client, [AsParameters] RunListParameters parameters)
    {
        var query = DatasetQueries.Read(parameters, context.Request.Query, Caller.Of(context.User).Owner);
        return TypedResults.Json(await client.ListDatasetRunsPageAsync(query, context.RequestAborted), DocumentJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext context, OwnedDatasets owned, string id)
    {
        var (run, status) = await owned.FindAsync(Caller.Of(context.User), id, context.RequestAborted);
        if (LongPoll.Wanted(context) is { } patience && LongPoll.IsKnown(context, TagOf(status)) && !status.State.IsAtRest())
        {
            var known = status.Version;
            status = await LongPoll.NextAsync(limit => run.WatchAsync(known, limit), patience, context.RequestAborted) ?? status;
        }

        return LongPoll.IsKnown(context, TagOf(status)) ? Unchanged(context, status) : Answer(context, status);
    }

    private static async Task<IResult> AddAsync(HttpContext context, ClusterClient client, OwnedDatasets owned, string id)
    {
        var caller = Caller.Of(context.User);
        var (run, status) = await owned.FindAsync(caller, id, context.RequestAborted);
        var batch = await JsonBody.ReadAsync<DatasetBatch>(context, DatasetRules.MostBatchBytes);
        var request = new DatasetRunRequest
        {
            Name = status.Name,
            Items = status.Items,
            Metadata = status.Metadata,
        };
        Problems.Require(DatasetRules.Find(request, batch.Items));
        await RequireUploadedAsync(client.GetUploads(caller.Owner), batch.Items, context.RequestAborted);
        return Answer(context, await run.AddItemsAsync(batch.Items, context.RequestAborted));
    }

    private static async Task RequireUploadedAsync(OwnerUploads uploads, ImmutableArray<DatasetItem> items, CancellationToken cancellationToken)
    {
        var inputs = items
            .SelectMany((item, i) => item.Request?.Inputs().Select(input => (Field: $"items[{i}].request.{input.Field}", input.Sha256)) ?? [])
            .ToList();
        var missing = (await uploads.FindMissingAsync([.. inputs.Select(input => input.Sha256).Distinct()], cancellationToken)).ToHashSet(
            StringComparer.Ordinal
        );
        if (missing.Count > 0)
        {
            throw new ProblemException(
                new ErrorDetail(
                    ErrorCodes.BlobMissing,
                    $"{missing.First()} was not uploaded, or is gone.",
                    Hint: "PUT the file to /v1/blobs/{its SHA-256}, then add the items again."
                ),
                [
                    .. inputs
                        .Where(input => missing.Contains(input.Sha256))
                        .Take(Problems.MostProblems)
                        .Select(input => new ProblemField(Problems.Pointer(input.Field), $"{input.Sha256} was not uploaded, or is gone.")),
                ]
            );
        }
    }

    private static async Task<IResult> ListItemsAsync(HttpContext context, OwnedDatasets owned, string id, [AsParameters] ItemListParameters parameters)
    {
        var (run, _) = await owned.FindAsync(Caller.Of(context.User), id, context.RequestAborted);
        var query = DatasetQueries.Read(parameters, context.Request.Query);
        return TypedResults.Json(await run.ListItemsPageAsync(query, context.RequestAborted), DocumentJson.Options);
    }

    private static async Task<IResult> GetEventsAsync(HttpContext context, OwnedDatasets owned, TimeProvider clock, string id)
    {
        var (run, status) = await owned.FindAsync(Caller.Of(context.User), id, context.RequestAborted);
        var last = EventStream.LastSeen(context) ?? 0;
        if (status.State.IsAtRest() && last >= status.Version)
        {
            // Tells an EventSource not to come again.
            return TypedResults.NoContent();
        }

        await EventStream.SendAsync(context, FramesOf(run.WatchAsync(last, context.RequestAborted), context.RequestAborted), clock);
        return TypedResults.Empty;
    }

    private static async Task<IResult> GetReportAsync(HttpContext context, OwnedDatasets owned, string id, string? format)
    {
        var (run, status) = await owned.FindAsync(Caller.Of(context.User), id, context.RequestAborted);
        var (form, type) = format switch
        {
            null or "html" => (DatasetReportFormat.Html, "text/html; charset=utf-8"),
            "csv" => (DatasetReportFormat.Csv, "text/csv; charset=utf-8"),
            "jsonl" => (DatasetReportFormat.Jsonl, "application/jsonl; charset=utf-8"),
            _ => throw Problems.Invalid("format", "format must be html, csv or jsonl."),
        };
        context.Response.ContentType = type;
        context.Response.Headers.CacheControl = "no-store";
        // A page of a user's words: nothing else of this address may be reached from it.
        context.Response.Headers.ContentSecurityPolicy =
            "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
        var report = new DatasetReport(status, ItemsOf(run, context.RequestAborted)) { Links = DatasetReportLinks.Server };
        await report.WriteAsync(form, context.Response.Body, context.RequestAborted);
        return TypedResults.Empty;
    }

    private static async IAsyncEnumerable<DatasetItemStatus> ItemsOf(ClusterDatasetRun run, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var query = new DatasetItemQuery(); query is not null;)
        {
            var page = await run.ListItemsPageAsync(query, cancellationToken);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            query = page.Next is null ? null : query with { Cursor = page.Next };
        }
    }

    private static async IAsyncEnumerable<EventFrame> FramesOf(
        IAsyncEnumerable<DatasetRunStatus> statuses,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var status in statuses.WithCancellation(cancellationToken))
        {
            yield return new EventFrame(
                status.Version,
                status.State.IsAtRest() ? "done" : "state",
                JsonSerializer.SerializeToUtf8Bytes(status, DocumentJson.Options)
            );
        }
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, OwnedDatasets owned, string id)
    {
        var (run, _) = await owned.FindAsync(Caller.Of(context.User), id, context.RequestAborted);
        await run.DeleteAsync(context.RequestAborted);
        return TypedResults.NoContent();
    }

    private static JsonHttpResult<DatasetRunStatus> Answer(HttpContext context, DatasetRunStatus status, int code = StatusCodes.Status200OK)
    {
        Tag(context, status);
        return TypedResults.Json(status, DocumentJson.Options, statusCode: code);
    }

    private static StatusCodeHttpResult Unchanged(HttpContext context, DatasetRunStatus status)
    {
        Tag(context, status);
        return TypedResults.StatusCode(StatusCodes.Status304NotModified);
    }

    private static void Tag(HttpContext context, DatasetRunStatus status) => JobAnswers.Tag(context, TagOf(status), status.State.IsAtRest());

    private static string TagOf(DatasetRunStatus status) => string.Create(CultureInfo.InvariantCulture, $"\"{status.Version}\"");
}
