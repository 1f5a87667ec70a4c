using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansOneShot.Api.Access;
using OrleansOneShot.Api.Bodies;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Api.Blobs;

/// <summary>Photos and masks, by the SHA-256 of their bytes, uploaded before the job that names them.</summary>
internal static class BlobEndpoints
{
    private const int BufferBytes = 128 << 10;

    /// <summary>Adds the routes.</summary>
    /// <param name="routes">Where to.</param>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var blobs = routes.MapGroup("/v1/blobs").WithTags("Blobs").RequireAuthorization(KeyScopes.JobsWrite);
        blobs
            .MapPut("/{sha256}", PutAsync)
            .WithName("PutBlob")
            .WithSummary("Uploads a photo or a mask.")
            .Accepts<byte[]>("application/octet-stream")
            .Produces(StatusCodes.Status201Created)
            .Produces(StatusCodes.Status204NoContent);
        blobs
            .MapMethods("/{sha256}", [HttpMethods.Head], HeadAsync)
            .WithName("HasBlob")
            .WithSummary("Whether this owner has uploaded it.")
            .Produces(StatusCodes.Status204NoContent)
            .Produces(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> HeadAsync(string sha256, HttpContext context, ClusterClient client)
    {
        RequireHash(sha256);
        return await client.GetUploads(Caller.Of(context.User).Owner).HasAsync(sha256, context.RequestAborted)
            ? TypedResults.NoContent()
            : TypedResults.NotFound();
    }

    /// <summary>
    /// Takes the bytes into a file of this machine first: what they are is known when they have ended, and until then nothing in the store may be touched that
    /// somebody else has uploaded under the same hash.
    /// </summary>
    private static async Task<IResult> PutAsync(string sha256, HttpContext context, ClusterClient client, IArtifactStore store, UploadSpool folder)
    {
        RequireHash(sha256);
        var uploads = client.GetUploads(Caller.Of(context.User).Owner);
        BodyLimit.Set(context, InputLimits.FileBytes, TooLarge);
        var hadIt = await uploads.HasAsync(sha256, context.RequestAborted);
        await uploads.AdmitAsync(sha256, context.Request.ContentLength ?? InputLimits.FileBytes, context.RequestAborted);
        var bytes = 0L;
        try
        {
            bytes = await TakeAsync(sha256, context, store, folder);
        }
        catch
        {
            await uploads.GiveUpAsync(sha256);
            throw;
        }

        await uploads.AddAsync(sha256, bytes, context.RequestAborted);
        return hadIt ? TypedResults.NoContent() : TypedResults.Created($"/v1/blobs/{sha256}");
    }

    private static async Task<long> TakeAsync(string sha256, HttpContext context, IArtifactStore store, UploadSpool folder)
    {
        await using var spool = folder.Create();
        var (bytes, found) = await SpoolAsync(context.Request.Body, spool, context.RequestAborted);
        if (found != sha256)
        {
            throw new ProblemException(
                new ErrorDetail(
                    ErrorCodes.InvalidInput,
                    $"The body's SHA-256 is {found}, not {sha256}.",
                    "sha256",
                    "Send the file's bytes as they are, under their own hash."
                ),
                []
            );
        }

        // Also if somebody else has uploaded them, and so takes as long: neither the answer nor its time tells whether they were known.
        spool.Position = 0;
        await store.TryWriteHashedAsync(StorePaths.Blob(sha256), sha256, spool, context.RequestAborted);
        return bytes;
    }

    private static async Task<(long Bytes, string Sha256)> SpoolAsync(Stream body, Stream spool, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var total = 0L;
            while (await body.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                total += read;
                if (total > InputLimits.FileBytes)
                {
                    throw BodyLimit.Refuse(TooLarge(total));
                }

                hash.AppendData(buffer, 0, read);
                await spool.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            return (total, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static ErrorDetail TooLarge(long bytes) =>
        new(
            ErrorCodes.Limit,
            string.Create(CultureInfo.InvariantCulture, $"The body has {bytes:N0} bytes or more; at most {InputLimits.FileBytes:N0} can be uploaded."),
            Hint: "Save the picture smaller."
        );

    private static void RequireHash(string sha256)
    {
        if (!StorePaths.IsHash(sha256))
        {
            throw new ProblemException(
                new ErrorDetail(ErrorCodes.InvalidInput, "The path must end with a SHA-256: 64 lower-case hexadecimal digits.", "sha256"),
                []
            );
        }
    }
}
