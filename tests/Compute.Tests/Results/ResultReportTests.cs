using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Results;

namespace OrleansOneShot.Compute.Tests.Results;

public sealed class ResultReportTests
{
    [Fact]
    public void Write_SampleCat_ShowsEverything()
    {
        var page = Parse(ResultReport.Write(Summaries.Cat));

        Assert.Equal("cat – oneshot", page.Title);
        Assert.Equal("en", page.DocumentElement.GetAttribute("lang"));
        Assert.Equal(
            ["The photo", "How like it is", "Pictures", "The words to use", "Losses", "Options as used", "Make it again"],
            page.QuerySelectorAll("h2").Select(heading => heading.TextContent)
        );
        Assert.Equal("like this cat: 0.61; any cat: 0.51", page.QuerySelector(".likeness h3")!.TextContent);
        Assert.Equal(["61.4", "50.8"], page.QuerySelectorAll(".bar .value").Select(bar => bar.GetAttribute("width")));
        Assert.Equal(2, page.QuerySelectorAll(".chart svg").Length);
        Assert.Equal(["total", "global", "<cat>"], page.QuerySelectorAll(".legend li").Select(item => item.TextContent));
        Assert.Equal(Summaries.Cat.Command!.Text, page.QuerySelector("pre")!.TextContent);
        Assert.Equal(["steps", "prototype.steps", "photo.png", "mask.png"], page.QuerySelectorAll("dt").Select(name => name.TextContent));

        var pictures = page.QuerySelectorAll<IHtmlImageElement>("img").ToList();
        Assert.Equal(5, pictures.Count);
        Assert.All(pictures, picture => Assert.False(string.IsNullOrWhiteSpace(picture.AlternativeText)));
        foreach (var picture in pictures)
        {
            var bytes = Convert.FromBase64String(picture.GetAttribute("src")!["data:image/jpeg;base64,".Length..]);
            var read = ImageReader.Read(bytes, "of the report");
            Assert.Equal(picture.GetAttribute("width"), read.Width.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void Write_AnyResult_LoadsAndRunsNothing()
    {
        foreach (var html in new[] { ResultReport.Write(Summaries.Cat), ResultReport.Write(Summaries.HostileScene) })
        {
            var page = Parse(html);
            Assert.Empty(page.QuerySelectorAll("script, link, iframe, object, embed, base, form, a, [style], [href], [srcset]"));
            Assert.All(
                page.QuerySelectorAll("[src]"),
                element => Assert.StartsWith("data:image/jpeg;base64,", element.GetAttribute("src"), StringComparison.Ordinal)
            );
            Assert.All(
                page.All.SelectMany(element => element.Attributes),
                attribute => Assert.False(attribute.Name.StartsWith("on", StringComparison.Ordinal))
            );

            var style = Assert.Single(page.QuerySelectorAll("style")).TextContent;
            Assert.DoesNotContain("url(", style, StringComparison.Ordinal);
            Assert.DoesNotContain("@import", style, StringComparison.Ordinal);
            var hash = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(style)));
            Assert.Equal(
                $"default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'",
                page.QuerySelector("meta[http-equiv='Content-Security-Policy']")!.GetAttribute("content")
            );
        }
    }

    [Fact]
    public void Write_HostileText_ArrivesAsText()
    {
        var page = Parse(ResultReport.Write(Summaries.HostileScene));

        // What no page may hold is replaced; everything else reads as it was written.
        var shown = Summaries.Hostile.Replace('\uD800', '\uFFFD');
        Assert.Equal(shown, page.QuerySelector("h1")!.TextContent);
        Assert.Equal(shown, page.QuerySelector("header b")!.TextContent);
        Assert.Equal(shown, page.QuerySelector(".warnings li")!.TextContent);
        Assert.Equal(shown, page.QuerySelector("pre")!.TextContent);
        Assert.Equal($"{shown} <cat>", page.QuerySelector(".groups code")!.TextContent);
        Assert.Equal($"Picture 1 for the prompt “{shown} <cat>”", page.QuerySelector(".groups img")!.GetAttribute("alt"));
        Assert.Contains(shown, page.QuerySelector(".likeness h3")!.TextContent, StringComparison.Ordinal);
        Assert.Contains(shown, page.QuerySelectorAll("dd").Select(value => value.TextContent));
    }

    [Fact]
    public void Write_ManyLargePictures_StaysSmall()
    {
        var pictures = Enumerable.Range(0, 100).Select(i => new ResultPicture($"prompt {i % 7}", Summaries.Picture(256, i))).ToList();
        var objects = Enumerable.Range(0, 32).Select(_ => Summaries.Cat.Objects[0] with { Mask = new MaskImage(512, 512, new float[512 * 512]) }).ToList();

        var html = ResultReport.Write(Summaries.Cat with { Pictures = pictures, Objects = objects, Photo = Summaries.Picture(1024, 1) });

        Assert.InRange(html.Length, 1, 3_000_000);
        Assert.Equal(60 + 1 + 32 + 1, Parse(html).QuerySelectorAll("img").Length);
        Assert.Contains("And 40 more", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_TheSameResultTwice_GivesTheSameBytesOnAnyDevice() =>
        Assert.Equal(ResultReport.Write(Summaries.Cat), ResultReport.Write(Summaries.Cat with { Used = OnAnotherDevice() }));

    [Fact]
    public void Write_NothingDrawnOrMeasured_LeavesThatOut()
    {
        var page = Parse(
            ResultReport.Write(
                Summaries.Cat with
                {
                    Pictures = [],
                    PlainPictures = [],
                    Command = null,
                    Used = null,
                    Curves = new Compute.Plots.TrainingCurves(),
                    Objects = [Summaries.Cat.Objects[0] with { Likeness = null, PlainLikeness = null }],
                }
            )
        );

        Assert.Equal(["The photo", "The words to use"], page.QuerySelectorAll("h2").Select(heading => heading.TextContent));
    }

    private static System.Text.Json.Nodes.JsonNode OnAnotherDevice()
    {
        var used = Summaries.Cat.Used!.DeepClone();
        used["device"] = "cuda:1";
        return used;
    }

    // Strict: what a browser would have to mend is an error.
    private static IHtmlDocument Parse(string html) => new HtmlParser(new HtmlParserOptions { IsStrictMode = true }).ParseDocument(html);
}
