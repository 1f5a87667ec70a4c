using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using OrleansOneShot.Api.Bodies;
using OrleansOneShot.Api.Description;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Api.Access;

/// <summary>Keys: made, listed, ended and replaced.</summary>
internal static class KeyEndpoints
{
    private const int MostBytes = 16 << 10;

    private const string GraceSeconds = "grace_seconds";

    // A year.
    private const long MostGraceSeconds = 365 * 86_400;

    /// <summary>Adds the routes.</summary>
    /// <param name="routes">Where to.</param>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("/v1/keys").WithTags("Keys").RequireAuthorization(KeyScopes.Admin);
        keys.MapGet("", ListAsync).WithName("ListKeys").WithSummary("All keys, oldest first, without secrets.").Produces<KeyList>();
        keys.MapPost("", AddAsync)
            .WithName("AddKey")
            .WithSummary("Makes a key; its secret is told this once.")
            .Accepts<KeyRequest>("application/json")
            .WithExample(
                new KeyRequest
                {
                    Owner = "shop",
                    Name = "website",
                    Scopes = [KeyScopes.JobsRead, KeyScopes.JobsWrite],
                }
            )
            .Produces<NewKey>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        keys.MapDelete("/{id}", RevokeAsync)
            .WithName("RevokeKey")
            .WithSummary("Ends a key for good.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        keys.MapPost("/{id}/rotate", RotateAsync)
            .WithName("RotateKey")
            .WithSummary("Makes a key like this one, which is accepted until it is revoked, or for grace_seconds more.")
            .Produces<NewKey>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> ListAsync(HttpContext context, ClusterClient client) =>
        TypedResults.Json(new KeyList(await client.Keys.ListAsync(context.RequestAborted)), DocumentJson.Options);

    private static async Task<IResult> AddAsync(HttpContext context, ClusterClient client, TimeProvider clock)
    {
        var wanted = await JsonBody.ReadAsync<KeyRequest>(context, MostBytes);
        List<SettingProblem> problems = [.. KeyRules.Find(wanted.Owner, wanted.Name, wanted.Scopes, wanted.Expires, clock.GetUtcNow())];
        return problems.Count == 0
            ? Created(context, await client.Keys.AddAsync(wanted.Owner, wanted.Name, wanted.Scopes, wanted.Expires, context.RequestAborted))
            : throw Problems.Of(problems);
    }

    private static async Task<IResult> RevokeAsync(HttpContext context, ClusterClient client, string id)
    {
        await client.Keys.RevokeAsync(id, context.RequestAborted);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> RotateAsync(
        HttpContext context,
        ClusterClient client,
        string id,
        [FromQuery(Name = GraceSeconds)] string? graceSeconds
    ) => Created(context, await client.Keys.RotateAsync(id, ReadGrace(graceSeconds), context.RequestAborted));

    // Read by hand: a platform that can't read a number says so in its own way.
    private static TimeSpan? ReadGrace(string? text) =>
        text is null ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= MostGraceSeconds ? TimeSpan.FromSeconds(seconds)
        : throw Problems.Invalid(GraceSeconds, $"{GraceSeconds} must be a whole number from 0 to {MostGraceSeconds}: how long the old key is accepted.");

    private static JsonHttpResult<NewKey> Created(HttpContext context, NewKey key)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Location = $"/v1/keys/{key.Key.Id}";
        return TypedResults.Json(key, DocumentJson.Options, statusCode: StatusCodes.Status201Created);
    }
}
