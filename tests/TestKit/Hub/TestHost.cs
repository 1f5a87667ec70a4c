using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansOneShot.TestKit.Hub;

/// <summary>A host in the Hugging Face layout on a free port of the loopback.</summary>
public sealed class TestHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private ConcurrentDictionary<string, long> _sent = new();

    private TestHost()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>What it offers, by path.</summary>
    public SortedDictionary<string, HostedFile> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>The repository that has the files.</summary>
    public string Repository { get; } = "toys/tiny";

    /// <summary>Entries a page of the listing.</summary>
    public int PageSize { get; set; } = 1000;

    /// <summary>More entries of the listing, as they are.</summary>
    public List<JsonObject> Extra { get; } = [];

    /// <summary>What was asked for so far.</summary>
    public ConcurrentQueue<(string Path, string? Authorization, string? Range)> Requests { get; } = new();

    /// <summary>Where it is.</summary>
    public Uri Address => new(_app.Urls.Single());

    /// <summary>Bytes sent of a file.</summary>
    /// <param name="path">Its path.</param>
    public long SentOf(string path) => _sent.GetValueOrDefault(path);

    /// <summary>Bytes sent of all files.</summary>
    public long Sent => _sent.Values.Sum();

    /// <summary>Counts anew; what an answer that began before still sends is not counted.</summary>
    public void ForgetSent() => _sent = new();

    /// <summary>Starts a host.</summary>
    /// <param name="folder">Whose files it offers; null: none yet.</param>
    public static async Task<TestHost> StartAsync(string? folder = null)
    {
        var host = new TestHost();
        if (folder is not null)
        {
            foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                host.Files.Add(Path.GetRelativePath(folder, path), new HostedFile(await File.ReadAllBytesAsync(path)));
            }
        }

        await host._app.StartAsync();
        return host;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        Requests.Enqueue((path, context.Request.Headers.Authorization, context.Request.Headers.Range));
        var files = $"/{Repository}/resolve/main/";
        return path == $"/api/models/{Repository}/tree/main" ? ListAsync(context)
            : path.StartsWith(files, StringComparison.Ordinal) && Files.TryGetValue(path[files.Length..], out var file)
                ? SendAsync(context, path[files.Length..], file)
            : NotFound(context);
    }

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }

    private async Task ListAsync(HttpContext context)
    {
        List<JsonObject> entries = [.. Files.Select(pair => EntryOf(pair.Key, pair.Value)), .. Extra.Select(entry => (JsonObject)entry.DeepClone())];
        var from = int.Parse(context.Request.Query["cursor"].FirstOrDefault() ?? "0", CultureInfo.InvariantCulture);
        if (from + PageSize < entries.Count)
        {
            context.Response.Headers.Link = $"<{Address}api/models/{Repository}/tree/main?recursive=true&cursor={from + PageSize}>; rel=\"next\"";
        }

        await context.Response.WriteAsync(new JsonArray([.. entries.Skip(from).Take(PageSize)]).ToJsonString());
    }

    private static JsonObject EntryOf(string path, HostedFile file)
    {
        var bytes = file.StatedBytes ?? file.Bytes.Length;
        var hash = file.StatedHash ?? file.TrueHash;
        var entry = new JsonObject
        {
            ["type"] = "file",
            ["path"] = path,
            ["size"] = bytes,
            ["oid"] = file.IsLarge ? new string('0', 40) : hash,
        };
        if (file.IsLarge)
        {
            entry["lfs"] = new JsonObject { ["oid"] = hash, ["size"] = bytes };
        }

        return entry;
    }

    private async Task SendAsync(HttpContext context, string path, HostedFile file)
    {
        var counts = _sent;
        if (file.Statuses.TryDequeue(out var status))
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = "0";
            return;
        }

        if (file.RedirectsTo is { } other)
        {
            context.Response.Redirect(other);
            return;
        }

        var from = 0;
        var range = context.Request.Headers.Range.ToString();
        var ifRange = context.Request.Headers.IfRange.ToString();
        context.Response.Headers.ETag = file.ETag;
        if (range.StartsWith("bytes=", StringComparison.Ordinal) && (ifRange.Length == 0 || ifRange == file.ETag))
        {
            from = int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{file.Bytes.Length - 1}/{file.Bytes.Length}";
        }

        var rest = file.Bytes.AsMemory(from);
        context.Response.ContentLength = rest.Length;
        var breaks = file.BreaksAfter > 0 && file.Breaks > 0 && file.BreaksAfter < rest.Length;
        var part = breaks ? rest[..file.BreaksAfter] : rest;
        await context.Response.Body.WriteAsync(part);
        await context.Response.Body.FlushAsync();
        counts.AddOrUpdate(path, part.Length, (_, sent) => sent + part.Length);
        if (breaks)
        {
            file.Breaks--;
            context.Abort();
        }
    }
}
