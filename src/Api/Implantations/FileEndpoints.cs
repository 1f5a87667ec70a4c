using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;
using OrleansOneShot.Api.Access;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Api.Implantations;

/// <summary>The files of a result, as its manifest lists them: a path of a request is looked up there and reaches no file system.</summary>
internal static class FileEndpoints
{
    private static readonly FileExtensionContentTypeProvider s_types = CreateTypes();

    /// <summary>Adds the routes.</summary>
    /// <param name="routes">Where to.</param>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var files = routes.MapGroup("/v1/implantations/{id}/files").WithTags("Implantations").RequireAuthorization(KeyScopes.JobsRead);
        files
            .MapGet("", ListAsync)
            .WithName("ListImplantationFiles")
            .WithSummary("The files of a job's result; none until it has succeeded.")
            .Produces<FileList>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        files
            .MapGet("/{**path}", GetAsync)
            .WithName("GetImplantationFile")
            .WithSummary("A file of a job's result; takes ranges. The ETag is the SHA-256 of its bytes.")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .Produces(StatusCodes.Status206PartialContent, contentType: "application/octet-stream")
            .Produces(StatusCodes.Status304NotModified)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(HttpContext context, OwnedJobs jobs, string id)
    {
        var (_, status) = await jobs.FindAsync(Caller.Of(context.User), id, context.RequestAborted);
        return List(status);
    }

    /// <summary>The files of a job of either kind.</summary>
    /// <param name="status">The job.</param>
    /// <returns>The manifest first; nothing until the job has succeeded.</returns>
    public static IResult List(IJobStatus status)
    {
        ImmutableArray<JobFile> manifest = status.Manifest is { } known ? [known with { Path = StorePaths.ManifestName }] : [];
        return TypedResults.Json(new FileList([.. manifest, .. status.Files]), DocumentJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext context, OwnedJobs jobs, IArtifactStore store, string id, string path)
    {
        var (_, status) = await jobs.FindAsync(Caller.Of(context.User), id, context.RequestAborted);
        return await SendAsync(context, store, status, path);
    }

    /// <summary>Sends a file of a job of either kind.</summary>
    /// <param name="context">The call.</param>
    /// <param name="store">Where files lie.</param>
    /// <param name="status">The job.</param>
    /// <param name="path">The file's path, as the caller has it.</param>
    /// <returns>The file.</returns>
    /// <exception cref="OneShotException">not_found: the job has published no such file. failed: the store has lost it.</exception>
    public static async Task<IResult> SendAsync(HttpContext context, IArtifactStore store, IJobStatus status, string path)
    {
        var file = await FindAsync(store, status, path, context.RequestAborted) ?? throw NotFound();
        var headers = context.Response.Headers;
        headers.CacheControl = "private, max-age=31536000, immutable";
        headers.XContentTypeOptions = "nosniff";
        // A report is somebody's document on our address: it may show itself, and do nothing.
        headers.ContentSecurityPolicy = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'";
        var type = s_types.TryGetContentType(path, out var found) ? found : "application/octet-stream";
        var tag = new EntityTagHeaderValue($"\"{file.Sha256}\"");
        try
        {
            // The bytes of a part can't be compared with the hash of the whole; whoever puts parts together does that.
            return context.Request.Headers.Range.Count > 0
                ? TypedResults.Stream(await store.OpenReadAsync(file.Path, context.RequestAborted), type, entityTag: tag, enableRangeProcessing: true)
                : new WholeFile(await store.OpenReadAsync(file, context.RequestAborted), file.Bytes, type, tag);
        }
        catch (FileNotFoundException e)
        {
            throw path == StorePaths.ManifestName
                ? Gone(status.Id, e)
                : new OneShotException(new ErrorDetail(ErrorCodes.Failed, $"The store has lost {path} of job {status.Id}."), e);
        }
    }

    private static async Task<ArtifactInfo?> FindAsync(IArtifactStore store, IJobStatus status, string path, CancellationToken cancellationToken)
    {
        if (status.State != JobState.Succeeded)
        {
            return null;
        }

        if (path == StorePaths.ManifestName && status.Manifest is { } own)
        {
            return new ArtifactInfo(StorePaths.Manifest(status.Id), own.Bytes, own.Sha256);
        }

        PublishedResult? published;
        try
        {
            published = status.Manifest is { } manifest
                ? await PublishedResult.ReadAsync(store, status.Id, manifest.Bytes, manifest.Sha256, cancellationToken)
                : await PublishedResult.ReadAsync(store, status.Id, cancellationToken);
        }
        catch (FileNotFoundException e)
        {
            throw Gone(status.Id, e);
        }
        return published?.Files.FirstOrDefault(file => file.Path == path)?.Stored;
    }

    private static OneShotException Gone(string id, Exception lost) => new(new ErrorDetail(ErrorCodes.Failed, PublishedResult.Gone(id).Message), lost);

    private static OneShotException NotFound() =>
        new(
            new ErrorDetail(
                ErrorCodes.NotFound,
                "The job's result has no such file.",
                Hint: "GET .../files lists them; there are none until the job has succeeded."
            )
        );

    private static FileExtensionContentTypeProvider CreateTypes()
    {
        var types = new FileExtensionContentTypeProvider();
        types.Mappings[".safetensors"] = "application/octet-stream";
        types.Mappings[".md"] = "text/markdown; charset=utf-8";
        types.Mappings[".html"] = "text/html; charset=utf-8";
        return types;
    }

    /// <summary>A whole file, compared with its hash while it is sent: of a damaged one the connection breaks before the end.</summary>
    private sealed class WholeFile(Stream content, long bytes, string type, EntityTagHeaderValue tag) : IResult
    {
        /// <inheritdoc/>
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            await using var source = content;
            var response = httpContext.Response;
            response.Headers.ETag = tag.ToString();
            response.Headers.AcceptRanges = "bytes";
            if (LongPoll.IsKnown(httpContext, tag.ToString()))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }

            response.ContentType = type;
            response.ContentLength = bytes;
            await source.CopyToAsync(response.Body, httpContext.RequestAborted);
        }
    }
}
