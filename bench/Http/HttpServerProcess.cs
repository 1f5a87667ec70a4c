using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Api.Hosting;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Bench.Http;

/// <summary>What a server's process runs: a silo with the API, and beside it the plainest of servers, for comparison.</summary>
internal static class HttpServerProcess
{
    /// <summary>Serves until the parent is gone.</summary>
    /// <param name="redis">The cluster's Redis.</param>
    /// <param name="folder">The data folder.</param>
    /// <param name="slots">Slots of the silo.</param>
    /// <param name="api">Where the API listens.</param>
    /// <param name="plain">Where the plain server listens.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task RunAsync(string redis, string folder, int slots, string api, string plain, CancellationToken cancellationToken)
    {
        var data = DataFolder.Resolve(folder);
        await using var silo = await ClusterSilo.StartAsync(
            new ClusterSiloOptions
            {
                Redis = redis,
                Data = data,
                Slots = slots,
                AllowVolatileRedis = true,
                Engine = _ => new ScriptedEngine(),
            },
            cancellationToken
        );
        await using var client = silo.OpenClient();
        await using var server = await ApiServer.StartAsync(
            new ApiServerOptions
            {
                Client = client,
                Store = SiloStore.Open(SiloStore.Choose(data, cluster: true)),
                Urls = [api],
                SpoolFolder = Path.Combine(folder, "spool"),
            },
            cancellationToken
        );
        await using var comparison = await StartPlainAsync(plain, Directory.CreateDirectory(Path.Combine(folder, "plain")).FullName, cancellationToken);
        Console.WriteLine("Ready");
        await Console.In.ReadToEndAsync(cancellationToken);
    }

    private static async Task<WebApplication> StartPlainAsync(string url, string folder, CancellationToken cancellationToken)
    {
        await File.WriteAllBytesAsync(Path.Combine(folder, ScriptedEngine.LargeFile), new byte[ScriptedEngine.LargeBytes], cancellationToken);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], EnvironmentName = "Production" });
        builder.WebHost.UseUrls(url);
        builder.Logging.ClearProviders();
        var application = builder.Build();
        application.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(folder), ServeUnknownFileTypes = true });
        application.MapPut(
            "/upload",
            async (HttpContext context) =>
            {
                context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
                await using var file = File.Create(Path.Combine(folder, "upload"));
                await context.Request.Body.CopyToAsync(file, context.RequestAborted);
                return Results.NoContent();
            }
        );
        await application.StartAsync(cancellationToken);
        return application;
    }
}
