using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using OrleansOneShot.Client;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Examples;

/// <summary>The form, the jobs' pages, and their pictures.</summary>
internal static class Jobs
{
    // Photo and mask together; a larger form is refused before it is read.
    private const int MostBytes = 32 << 20;

    /// <summary>Adds the routes.</summary>
    /// <param name="routes">Where to.</param>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", (HttpContext context, IAntiforgery antiforgery) => Page.Form(antiforgery.GetAndStoreTokens(context)));
        // A route that takes a form requires the token by itself.
        routes
            .MapPost("/", SubmitAsync)
            .WithFormOptions(multipartBodyLengthLimit: MostBytes)
            .WithMetadata(new RequestSizeLimitAttribute(MostBytes + (64 << 10)));
        // An application with users of its own would show a job to the one alone who has submitted it.
        routes.MapGet("/jobs/{id}", ShowAsync);
        routes.MapGet("/jobs/{id}/{**path}", OpenAsync);
    }

    private static async Task<IResult> SubmitAsync(
        HttpContext context,
        IAntiforgery antiforgery,
        IOneShotClient client,
        IFormFile photo,
        IFormFile mask,
        [FromForm(Name = "class")] string name,
        [FromForm] string? prompt,
        [FromForm] int? steps
    )
    {
        try
        {
            var job = await client.ImplantAsync(
                new Implantation(await ReadAsync(photo, context.RequestAborted))
                {
                    Objects = [new ImplantationObject(name, await ReadAsync(mask, context.RequestAborted))],
                    Prompts = string.IsNullOrWhiteSpace(prompt) ? [] : [prompt],
                    Training = new TrainingOptions { Steps = steps },
                },
                cancellationToken: context.RequestAborted
            );
            return Results.LocalRedirect($"/jobs/{job.Id}");
        }
        catch (OneShotException e)
        {
            return Page.Form(antiforgery.GetAndStoreTokens(context), e);
        }
    }

    private static async Task<IResult> ShowAsync(IOneShotClient client, string id, CancellationToken cancellationToken)
    {
        try
        {
            return Page.Job(await client.GetImplantation(id).GetStatusAsync(cancellationToken));
        }
        catch (OneShotException e)
        {
            return Page.Refusal(e);
        }
    }

    private static async Task<IResult> OpenAsync(IOneShotClient client, string id, string path, CancellationToken cancellationToken)
    {
        try
        {
            var job = client.GetImplantation(id);
            if ((await job.GetStatusAsync(cancellationToken)).State != JobState.Succeeded || !path.EndsWith(".png", StringComparison.Ordinal))
            {
                return Results.NotFound();
            }

            return Results.Stream(await (await job.GetResultAsync(cancellationToken)).OpenAsync(path, cancellationToken), "image/png");
        }
        catch (OneShotException e)
        {
            return Page.Refusal(e);
        }
    }

    private static async Task<InputFile> ReadAsync(IFormFile file, CancellationToken cancellationToken)
    {
        var bytes = new byte[file.Length];
        await using var content = file.OpenReadStream();
        await content.ReadExactlyAsync(bytes, cancellationToken);
        return InputFile.Of(bytes, file.Name);
    }
}
