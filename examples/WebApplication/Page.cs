using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Antiforgery;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Examples;

/// <summary>The pages; whatever comes from outside is encoded.</summary>
internal static class Page
{
    /// <summary>The form, with what was wrong with it the last time.</summary>
    public static IResult Form(AntiforgeryTokenSet token, OneShotException? error = null) =>
        Html(
            $"""
            {(error is null ? "" : $"<p role=\"alert\">{Encode(error.Message)} {Encode(error.Detail.Hint)}</p>")}
            <form method="post" action="/" enctype="multipart/form-data">
            <input type="hidden" name="{token.FormFieldName}" value="{token.RequestToken}">
            <p><label>Photo <input type="file" name="photo" accept="image/*" required></label></p>
            <p><label>Mask, white where the object is <input type="file" name="mask" accept="image/*" required></label></p>
            <p><label>What it is <input name="class" value="cat" maxlength="60" required></label></p>
            <p><label>A picture to draw <input name="prompt" placeholder="a &lt;cat&gt; on the beach"></label></p>
            <p><label>Steps of training <input name="steps" type="number" min="1"></label></p>
            <p><button>Learn it</button></p>
            </form>
            """,
            status: error is null ? StatusCodes.Status200OK : StatusOf(error)
        );

    /// <summary>A job: how far it is, or its pictures. The page loads itself again until the job has ended.</summary>
    public static IResult Job(ImplantationStatus job)
    {
        var body = new StringBuilder($"<h2>{Encode(job.Request.Name)}: {job.State}</h2>");
        if (!job.State.IsFinal())
        {
            body.Append(FormattableString.Invariant($"<p><progress value=\"{job.Step}\" max=\"{Math.Max(1, job.Steps)}\"></progress></p>"));
        }

        if (job.Error is { } error)
        {
            body.Append($"<p role=\"alert\">{Encode(error.Message)}</p>");
        }

        foreach (var file in job.Files.Where(file => file.Path.StartsWith("samples/", StringComparison.Ordinal)))
        {
            body.Append($"<img src=\"/jobs/{Encode(job.Id)}/{Encode(file.Path)}\" alt=\"{Encode(file.Path)}\">");
        }

        return Html(body.ToString(), refresh: !job.State.IsFinal());
    }

    /// <summary>What the server refused.</summary>
    public static IResult Refusal(OneShotException error) => Html($"<p role=\"alert\">{Encode(error.Message)}</p>", status: StatusOf(error));

    private static int StatusOf(OneShotException error) =>
        error.Code switch
        {
            ErrorCodes.InvalidInput => StatusCodes.Status422UnprocessableEntity,
            ErrorCodes.NotFound => StatusCodes.Status404NotFound,
            // That the application's own key is refused is no business of its users.
            _ => StatusCodes.Status503ServiceUnavailable,
        };

    private static IResult Html(string body, int status = StatusCodes.Status200OK, bool refresh = false) =>
        Results.Content(
            $"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>One shot</title>{(refresh ? "<meta http-equiv=\"refresh\" content=\"2\">" : "")}</head>
            <body><h1><a href="/">One shot</a></h1>
            {body}
            </body></html>
            """,
            "text/html; charset=utf-8",
            statusCode: status
        );

    private static string Encode(string? text) => HtmlEncoder.Default.Encode(text ?? "");
}
