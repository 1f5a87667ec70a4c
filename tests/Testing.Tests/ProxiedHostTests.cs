using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Recipe;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.Testing.Tests;

/// <summary>
/// One connection through a proxy that buffers and cuts what is quiet, held for a whole job. By its variables it is the case of a common proxy, idle limit
/// 60 s, and a job of over three minutes that is silent for longer than that between two steps. In the folder of the built tests:
/// <c>ONESHOT_PROXY_IDLE=60 ONESHOT_PROXY_STEP=65 ./OrleansOneShot.Testing.Tests -class '*ProxiedHostTests' -showLiveOutput</c>.
/// </summary>
public sealed class ProxiedHostTests
{
    private const int Steps = 3;

    private static readonly TimeSpan s_idle = Seconds("ONESHOT_PROXY_IDLE", 20);
    private static readonly TimeSpan s_step = Seconds("ONESHOT_PROXY_STEP", 0.1);

    [Fact]
    public async Task Events_OfAJobThatIsOftenSilent_ComeOverOneConnectionToTheEnd()
    {
        // Only against hanging for ever.
        using var limit = new CancellationTokenSource((2 * Steps * s_step) + TimeSpan.FromMinutes(2));
        await using var host = await OneShotTestHost.StartAsync(limit.Token);
        host.Engine.StepTime = s_step;
        await using var proxy = await NginxProxy.StartAsync(host.Address, s_idle);
        await using var client = host.Connect();
        var job = await client.ImplantAsync(
            new Implantation(InputFile.Of("a photo"u8.ToArray(), "cat.png"))
            {
                Objects = [new ImplantationObject("cat", InputFile.Of("a mask"u8.ToArray(), "cat-mask.png"))],
                Training = new TrainingOptions { Steps = Steps },
            },
            cancellationToken: limit.Token
        );

        using var http = new HttpClient { BaseAddress = proxy.Address, Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/implantations/{job.Id}/events");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(limit.Token));
        List<int> steps = [];
        var (isDone, comments, longest, began) = (false, 0, TimeSpan.Zero, TimeProvider.System.GetTimestamp());
        while (await lines.ReadLineAsync(limit.Token) is { } line)
        {
            isDone |= line == "event: done";
            comments += line.StartsWith(':') ? 1 : 0;
            if (
                line.StartsWith("data: ", StringComparison.Ordinal)
                && JsonNode.Parse(line["data: ".Length..]) is { } data
                && (string?)data["stage"] == "training"
            )
            {
                steps.Add((int)data["step"]!);
                var delay = DateTimeOffset.UtcNow - (DateTimeOffset)data["time"]!;
                longest = delay > longest ? delay : longest;
            }
        }

        Assert.True(isDone, "The proxy cut a stream that was only quiet.");
        Assert.Equal(Enumerable.Range(1, Steps), steps.Where(step => step > 0).Distinct());
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"idle limit {s_idle.TotalSeconds} s, {Steps} steps of {s_step.TotalSeconds} s: followed for "
                    + $"{TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s over one connection, {comments} comments; the latest step came "
                    + $"{longest.TotalMilliseconds:0} ms after its time"
            )
        );
    }

    private static TimeSpan Seconds(string variable, double otherwise) =>
        TimeSpan.FromSeconds(
            Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise
        );
}
