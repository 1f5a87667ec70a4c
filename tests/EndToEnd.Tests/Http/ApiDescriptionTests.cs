using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>The description of the API: what a server gives is what is pinned, complete, and clean by a linter.</summary>
public sealed partial class ApiDescriptionTests : IAsyncLifetime
{
    private const string Renew = "ONESHOT_WRITE_OPENAPI";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly HttpServer _server = new();

    public async ValueTask InitializeAsync() => await _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Document_OfAServer_IsThePinnedOne()
    {
        var given = JsonNode.Parse(await _server.Client.GetStringAsync("/openapi/v1.json"))!.ToJsonString(s_indented) + "\n";
        if (Environment.GetEnvironmentVariable(Renew) == "1")
        {
            await File.WriteAllTextAsync(ApiContract.File, given);
        }

        Assert.True(
            given == await File.ReadAllTextAsync(ApiContract.File),
            $"The API differs from docs/openapi.json. If that is meant, run this test once with {Renew}=1, and look at what changed."
        );
    }

    [Fact]
    public async Task Page_WithoutAKey_IsReadAndAsksNobodyElse()
    {
        await _server.AddKeyAsync("operator", "admin");
        using var document = await _server.Client.GetAsync("/openapi/v1.json");
        Assert.True(document.IsSuccessStatusCode);

        using var page = await _server.Client.GetAsync("/openapi");
        var html = await page.Content.ReadAsStringAsync();
        Assert.True(page.IsSuccessStatusCode, html);
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        Assert.DoesNotMatch("""(src|href)\s*=\s*["'](https?:)?//""", html);
        var scripts = Script().Matches(html).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(scripts);
        foreach (var script in scripts)
        {
            using var asset = await _server.Client.GetAsync(new Uri(page.RequestMessage!.RequestUri!, script));
            Assert.True(asset.IsSuccessStatusCode, script);
            Assert.Equal("text/javascript", asset.Content.Headers.ContentType?.MediaType);
        }
    }

    [Fact]
    public void Operations_AllOfThem_SayWhatTheyTakeAndHowTheyEnd()
    {
        var contract = ApiContract.Pinned;
        Assert.Equal("3.1", ((string)contract.Document["openapi"]!)[..3]);
        var tags = contract.Document["tags"]!.AsArray().ToDictionary(tag => (string)tag!["name"]!, tag => (string?)tag!["description"]);
        Assert.All(
            contract.Operations,
            one =>
            {
                var (path, method, operation) = one;
                var place = $"{method} {path}";
                Assert.False(string.IsNullOrEmpty((string?)operation["operationId"]), place);
                Assert.False(string.IsNullOrEmpty((string?)operation["summary"]), place);
                Assert.False(string.IsNullOrEmpty(tags[(string)operation["tags"]![0]!]), place);
                Assert.NotEmpty(operation["security"]![0]!["key"]!.AsArray());
                Assert.All(
                    new[] { "401", "403", "429", "500", "503" },
                    status => Assert.True(operation["responses"]![status] is not null, $"{place} {status}")
                );
                Assert.All(
                    operation["responses"]!
                        .AsObject()
                        .Where(response => response.Key[0] is '4' or '5')
                        .Where(response => response.Key != "416" && method != "head"),
                    response => Assert.Equal($"#/components/responses/Problem{response.Key}", (string?)response.Value!["$ref"])
                );
                foreach (var (type, media) in operation["requestBody"]?["content"]?.AsObject().Where(content => content.Key == "application/json") ?? [])
                {
                    // Each body is shown by one that the schema takes, and unknown fields are refused.
                    Assert.True(media!["example"] is not null, $"{place}: say .WithExample(...) where the route is mapped.");
                    Assert.Null(contract.FindBreach(media["schema"]!, media["example"]));
                    var more = media["example"]!.DeepClone().AsObject();
                    more["no_such_field"] = 1;
                    Assert.NotNull(contract.FindBreach(media["schema"]!, more));
                }
            }
        );
    }

    [Fact]
    public void Settings_InTheirSchema_HaveLimitsWordsAndATextForPeople()
    {
        var schemas = ApiContract.Pinned.Document["components"]!["schemas"]!;
        var rate = schemas["TrainingOptions"]!["properties"]!["learning_rate"]!;
        Assert.Equal(("0", "1"), (rate["exclusiveMinimum"]!.ToJsonString(), rate["maximum"]!.ToJsonString()));
        Assert.Contains("Learning rate", (string)rate["description"]!, StringComparison.Ordinal);
        Assert.Equal(["attention", "cross"], Words(schemas["TrainingOptions"]!["properties"]!["targets"]!));
        Assert.Contains("ddim", Words(schemas["SampleOptions"]!["properties"]!["scheduler"]!));
        foreach (var (name, schema) in schemas.AsObject().Where(schema => schema.Value!["properties"] is not null))
        {
            Assert.All(
                schema!["properties"]!.AsObject(),
                property => Assert.False(string.IsNullOrEmpty(TextOf(property.Value!)), $"{name}.{property.Key} says nothing of itself.")
            );
        }

        static string? TextOf(JsonNode property) => (string?)property["description"] ?? (string?)property["oneOf"]?[1]?["description"];

        IEnumerable<string> Words(JsonNode schema) =>
            ((string?)schema["$ref"] is { } reference ? schemas[reference.Split('/')[^1]]! : schema)["enum"]!.AsArray().Select(word => (string)word!);
    }

    [Fact]
    public async Task Document_ByTheLinter_IsClean()
    {
        const string Variable = "ONESHOT_REDOCLY";
        var redocly = Path.Combine(
            Environment.GetEnvironmentVariable(Variable)
                ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "oneshot", "redocly-2.77.0"),
            "node_modules",
            ".bin",
            "redocly"
        );
        if (!File.Exists(redocly) && Environment.GetEnvironmentVariable("ONESHOT_REQUIRE_SERVERS") != "1")
        {
            Assert.Skip($"@redocly/cli is not there: {Variable} names the folder where npm installed it; .ci/run does.");
        }

        using var lint = Process.Start(
            new ProcessStartInfo(redocly, ["lint", ApiContract.File, "--extends=recommended", "--format=stylish"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["REDOCLY_TELEMETRY"] = "off", ["REDOCLY_SUPPRESS_UPDATE_NOTICE"] = "true" },
            }
        )!;
        var (output, errors) = (lint.StandardOutput.ReadToEndAsync(), lint.StandardError.ReadToEndAsync());
        await lint.WaitForExitAsync(TestContext.Current.CancellationToken);
        var said = await output + await errors;
        Assert.True(lint.ExitCode == 0, said);
        // Not the linter's own warning of an old Node.js.
        Assert.DoesNotMatch("[0-9]+:[0-9]+ +warning", said);
    }

    [GeneratedRegex("""<script[^>]*\ssrc\s*=\s*["']([^"']+)["']""")]
    private static partial Regex Script();
}
