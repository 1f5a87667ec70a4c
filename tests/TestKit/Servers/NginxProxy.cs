using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.TestKit.Streams;

namespace OrleansOneShot.TestKit.Servers;

/// <summary>A real nginx before a server, as it comes: it buffers answers, speaks HTTP/1.0 with the server, and cuts connections that are quiet.</summary>
public sealed class NginxProxy : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("oneshot-nginx-").FullName;
    private readonly Process _process;

    private NginxProxy(Uri server, TimeSpan idle)
    {
        var port = FreePort.Find();
        Address = new Uri($"http://127.0.0.1:{port}");
        var configuration = Path.Combine(_folder, "nginx.conf");
        // Debian's own file has these defaults; only where it writes and what it listens at are ours.
        File.WriteAllText(
            configuration,
            string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                daemon off; pid {{_folder}}/pid; error_log stderr notice;
                events {}
                http {
                  access_log off;
                  client_max_body_size 100m;
                  client_body_temp_path {{_folder}}/body; proxy_temp_path {{_folder}}/proxy;
                  fastcgi_temp_path {{_folder}}/f; uwsgi_temp_path {{_folder}}/u; scgi_temp_path {{_folder}}/s;
                  server {
                    listen 127.0.0.1:{{port}};
                    location / { proxy_pass {{server}}; proxy_buffering on; proxy_read_timeout {{idle.TotalSeconds}}s; }
                  }
                }
                """
            )
        );
        _process = Process.Start(new ProcessStartInfo("nginx", ["-c", configuration, "-e", "stderr"]) { RedirectStandardError = true })!;
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts it. Without nginx on the machine the test is skipped; where servers are required, it fails.</summary>
    /// <param name="server">What stands behind it.</param>
    /// <param name="idle">How long it waits for anything from the server.</param>
    public static async Task<NginxProxy> StartAsync(Uri server, TimeSpan idle)
    {
        if (!Executables.Exist("nginx"))
        {
            throw MissingServer.SkipOrFail("nginx is not installed.");
        }

        var proxy = new NginxProxy(server, idle);
        var log = new LineStream(proxy._process.StandardError);
        return await log.FindAsync(line => line.Contains("start worker process ", StringComparison.Ordinal), TestContext.Current.CancellationToken) is null
            ? throw new InvalidOperationException("nginx ended before it was ready.")
            : proxy;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
