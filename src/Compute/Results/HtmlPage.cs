using System.Security.Cryptography;
using System.Text;

namespace OrleansOneShot.Compute.Results;

/// <summary>A whole page that loads nothing: its policy allows its own style sheet, by hash, and pictures that are part of it.</summary>
internal static class HtmlPage
{
    /// <summary>Writes a page.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="style">Its style sheet; never from outside.</param>
    /// <param name="body">What stands in it.</param>
    /// <returns>HTML 5.</returns>
    /// <exception cref="ArgumentException">The style sheet would end its element.</exception>
    public static string Write(string title, string style, IEnumerable<HtmlElement> body)
    {
        if (style.Contains("</", StringComparison.Ordinal) || style.Contains('\r', StringComparison.Ordinal))
        {
            throw new ArgumentException("The style sheet would not arrive as it is.", nameof(style));
        }

        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
        var policy = $"default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'";
        var page = new StringBuilder(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{policy}">
            <meta name="referrer" content="no-referrer">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">

            """.ReplaceLineEndings("\n")
        );
        page.Append("<title>");
        HtmlElement.Encode(page, title);
        page.Append("</title>\n<style>").Append(style).Append("</style>\n</head>\n<body>\n");
        foreach (var element in body)
        {
            element.WriteTo(page);
        }

        return page.Append("</body>\n</html>\n").ToString();
    }
}
