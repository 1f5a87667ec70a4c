using System.Net;
using System.Text.RegularExpressions;
using OrleansOneShot.Client.Results;
using OrleansOneShot.EndToEnd.Tests.Http;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Examples;

/// <summary>The examples against a server that runs.</summary>
public sealed partial class ExampleTests : IAsyncLifetime
{
    private const string Listens = "Now listening on: ";

    private readonly HttpServer _server = new();
    private readonly TestFolder _folder = new();

    private string Address => _server.Client.BaseAddress!.GetLeftPart(UriPartial.Authority);

    public async ValueTask InitializeAsync() => await _server.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task SubmitFromCode_WithTheSampleCat_DownloadsItsResult()
    {
        await using var program = OneShotProcess.StartOther(
            AssemblyOf("SubmitFromCode"),
            new Dictionary<string, string>(),
            Address,
            Repository.Sample("cat.png"),
            Repository.Sample("cat-mask.png"),
            "cat",
            _folder.Out,
            "2"
        );

        var ended = (await program.EndAsync()).Expect(0);

        Assert.Contains("Training 2/2", ended.Output, StringComparison.Ordinal);
        Assert.True(DownloadedResult.IsWhole(_folder.Out));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(_folder.Out, "samples"), "*.png"));
    }

    [Fact]
    public async Task SubmitFromCode_WithoutAServer_SaysSo()
    {
        await using var program = OneShotProcess.StartOther(
            AssemblyOf("SubmitFromCode"),
            new Dictionary<string, string>(),
            "http://127.0.0.1:1",
            Repository.Sample("cat.png"),
            Repository.Sample("cat-mask.png"),
            "cat",
            _folder.Out
        );

        var ended = (await program.EndAsync()).Expect(1);

        Assert.StartsWith("http://127.0.0.1:1 can't be reached", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WebApplication_WithAPhotoFromAForm_ShowsThePictures()
    {
        await using var program = OneShotProcess.StartOther(
            AssemblyOf("WebApplication"),
            new Dictionary<string, string>
            {
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
                ["OneShot__Server"] = Address,
                // Where it keeps the keys of its forms.
                ["HOME"] = _folder.Root,
            }
        );
        var line = await program.WritesAsync(line => line.Contains(Listens, StringComparison.Ordinal));
        using var browser = new HttpClient { BaseAddress = new Uri(line[(line.IndexOf(Listens, StringComparison.Ordinal) + Listens.Length)..]) };
        var token = Token().Match(await browser.GetStringAsync("/")).Groups[1].Value;
        Assert.NotEqual("", token);

        using (var forged = await PostAsync(browser, token: null, "cat"))
        {
            Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
        }

        using (var refused = await PostAsync(browser, token, "<!>"))
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
            Assert.Contains("&lt;!&gt;", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using var submitted = await PostAsync(browser, token, "cat");
        Assert.Equal(HttpStatusCode.OK, submitted.StatusCode);
        var page = submitted.RequestMessage!.RequestUri!.AbsolutePath;
        Assert.StartsWith("/jobs/", page, StringComparison.Ordinal);
        await foreach (var _ in new EventReader(_server.Client, page["/jobs/".Length..]).ReadAsync(0)) { }

        var shown = await browser.GetStringAsync(page);
        Assert.Contains("cat: Succeeded", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("http-equiv", shown, StringComparison.Ordinal);
        using var picture = await browser.GetAsync(Picture().Match(shown).Groups[1].Value);
        Assert.Equal("image/png", picture.Content.Headers.ContentType?.MediaType);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], (await picture.Content.ReadAsByteArrayAsync())[..4]);
        using var other = await browser.GetAsync($"{page}/cat.safetensors");
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient browser, string? token, string name)
    {
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(await File.ReadAllBytesAsync(Repository.Sample("cat.png"))), "photo", "cat.png" },
            { new ByteArrayContent(await File.ReadAllBytesAsync(Repository.Sample("cat-mask.png"))), "mask", "cat-mask.png" },
            { new StringContent(name), "class" },
            { new StringContent("a <cat> on the beach"), "prompt" },
            { new StringContent("2"), "steps" },
        };
        if (token is not null)
        {
            form.Add(new StringContent(token), "__RequestVerificationToken");
        }

        return await browser.PostAsync("/", form);
    }

    // bin/Release/net10.0, as these tests are built.
    private static string AssemblyOf(string example)
    {
        var output = Path.GetRelativePath(Path.Combine(Repository.Root, "tests", "EndToEnd.Tests"), AppContext.BaseDirectory);
        return Path.Combine(Repository.Root, "examples", example, output, $"OrleansOneShot.{example}.dll");
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();

    [GeneratedRegex("<img src=\"([^\"]+)\"")]
    private static partial Regex Picture();
}
