using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansOneShot.Api.Blobs;
using OrleansOneShot.Api.Bodies;
using OrleansOneShot.Api.Description;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Models;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Api.Models;

/// <summary>Base models: which there are, and how one is uploaded in parts. All parts lie in the store, so any process takes any of them.</summary>
internal static class ModelEndpoints
{
    private const int MostBytes = 1 << 20;

    private static readonly ModelUpload s_example = new()
    {
        Name = "my-model",
        Files = [new JobFile("model_index.json", 540, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")],
    };

    /// <summary>Adds the routes.</summary>
    /// <param name="routes">Where to.</param>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var models = routes.MapGroup("/v1/models").WithTags("Models");
        models
            .MapGet("", async (HttpContext context, ClusterClient client) => Show(new KnownModelList(await client.Models.ListAsync(context.RequestAborted))))
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("ListModels")
            .WithSummary("The models that jobs can name, and where they lie.")
            .Produces<KnownModelList>();
        models
            .MapGet(
                "/{name}",
                async (HttpContext context, ClusterClient client, string name) => Show(await client.Models.GetAsync(name, context.RequestAborted))
            )
            .RequireAuthorization(KeyScopes.JobsRead)
            .WithName("GetModel")
            .WithSummary("What is known of a model; of one that the cluster shares, its files too.")
            .Produces<KnownModel>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        models
            .MapPost("", AddAsync)
            .RequireAuthorization(KeyScopes.Admin)
            .WithName("CheckModelUpload")
            .WithSummary("What of a model has to be uploaded; nothing is created. With repository: the server pulls it, in the background.")
            .Accepts<NewModel>("application/json")
            .WithExample(new NewModel { Name = s_example.Name, Files = s_example.Files })
            .Produces<ModelUploadStatus>()
            .Produces<ModelUploadStatus>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        models
            .MapPut("/{name}/parts/{sha256}", PutPartAsync)
            .RequireAuthorization(KeyScopes.Admin)
            .WithName("PutModelPart")
            .WithSummary("Uploads a part of a file, by the SHA-256 of the whole file and where the part begins.")
            .Accepts<byte[]>("application/octet-stream")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        models
            .MapPost("/{name}/complete", CompleteAsync)
            .RequireAuthorization(KeyScopes.Admin)
            .WithName("CompleteModel")
            .WithSummary("Puts the parts together, compares every file with its hash, and gives the model its name.")
            .Accepts<ModelUpload>("application/json")
            .WithExample(s_example)
            .Produces<KnownModel>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> AddAsync(HttpContext context, ClusterClient client, IArtifactStore store)
    {
        var wanted = Require(await JsonBody.ReadAsync<NewModel>(context, MostBytes), NewModelRules.Find);
        if (wanted.Repository is not { } repository)
        {
            return Show(await new ModelParts(store).FindMissingAsync(NewModelRules.ToUpload(wanted), context.RequestAborted));
        }

        var name = NewModelRules.NameOf(wanted);
        var pull = await client.Models.PullAsync(
            name,
            new ModelPullRequest
            {
                Repository = repository,
                Revision = wanted.Revision ?? ModelPullRequest.DefaultRevision,
                Fp16 = wanted.Fp16,
            },
            context.RequestAborted
        );
        context.Response.Headers.Location = $"/v1/models/{name}";
        return TypedResults.Json(
            new ModelUploadStatus(name, ModelUploadRules.PartBytes, []) { Pull = pull },
            DocumentJson.Options,
            statusCode: StatusCodes.Status202Accepted
        );
    }

    private static async Task<IResult> CompleteAsync(HttpContext context, ClusterClient client, IArtifactStore store, string name)
    {
        var upload = await ReadAsync(context);
        if (upload.Name != name)
        {
            throw new ProblemException(
                new ErrorDetail(ErrorCodes.InvalidInput, "name is not that of the path.", "name"),
                [new ProblemField("/name", "It is not that of the path.")]
            );
        }

        await new ModelParts(store).CompleteAsync(upload, context.RequestAborted);
        context.Response.Headers.Location = $"/v1/models/{name}";
        return TypedResults.Json(await client.Models.GetAsync(name, context.RequestAborted), DocumentJson.Options, statusCode: StatusCodes.Status201Created);
    }

    /// <summary>Takes the bytes into a file of this machine first: a caller who goes away in the middle leaves nothing in the store.</summary>
    private static async Task<IResult> PutPartAsync(HttpContext context, IArtifactStore store, UploadSpool folder, string name, string sha256, string? offset)
    {
        List<SettingProblem> problems =
        [
            .. ModelUploadRules.FindInName(name),
            .. StorePaths.IsHash(sha256)
                ? []
                : (SettingProblem[])[new("sha256", "sha256 must be 64 lower-case hexadecimal digits: the SHA-256 of the whole file.")],
        ];
        if (
            !long.TryParse(offset ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out var begin)
            || begin % ModelUploadRules.PartBytes != 0
            || begin >= ModelUploadRules.MostFileBytes
        )
        {
            problems.Add(
                new SettingProblem(
                    "offset",
                    $"offset must be a multiple of {ModelUploadRules.PartBytes} below {ModelUploadRules.MostFileBytes}: where the part begins in its file."
                )
            );
        }

        if (problems.Count > 0)
        {
            throw new ProblemException(
                new ErrorDetail(ErrorCodes.InvalidInput, problems[0].Message),
                [.. problems.Select(problem => new ProblemField(problem.Field, problem.Message))]
            );
        }

        BodyLimit.Set(context, ModelUploadRules.PartBytes, _ => TooLarge());
        await using var spool = folder.Create();
        await context.Request.Body.CopyToAsync(spool, context.RequestAborted);
        if (spool.Length > ModelUploadRules.PartBytes)
        {
            throw BodyLimit.Refuse(TooLarge());
        }

        spool.Position = 0;
        await new ModelParts(store).PutAsync(sha256, begin, spool, context.RequestAborted);
        return TypedResults.NoContent();
    }

    private static ErrorDetail TooLarge() =>
        new(ErrorCodes.Limit, $"A part has {ModelUploadRules.PartBytes} bytes at most.", Hint: "Send the file in more parts.");

    private static async Task<ModelUpload> ReadAsync(HttpContext context) =>
        Require(await JsonBody.ReadAsync<ModelUpload>(context, MostBytes), ModelUploadRules.Find);

    private static T Require<T>(T document, Func<T, IEnumerable<SettingProblem>> find)
    {
        Problems.Require(find(document));
        return document;
    }

    private static JsonHttpResult<T> Show<T>(T document) => TypedResults.Json(document, DocumentJson.Options);
}
