using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Client.Http;

/// <summary>
/// The events of a job over as many connections as it takes: whatever ends one, the next begins behind the last event that was seen, until the server has no
/// more.
/// </summary>
/// <param name="calls">The way to the server.</param>
/// <param name="path">The path of the job's events there.</param>
/// <param name="after">The number of the last event that is known.</param>
/// <param name="cancellationToken">Ends the stream.</param>
internal sealed class EventReader(HttpCalls calls, string path, long after, CancellationToken cancellationToken) : IAsyncDisposable
{
    // As long as a server takes to start again: about half a minute, with nothing seen in between.
    private const int MostFailures = 14;
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(3);

    private HttpResponseMessage? _answer;
    private IAsyncEnumerator<SseItem<string>>? _items;
    private ProgressEvent? _current;
    private int _failures;

    /// <summary>The present event.</summary>
    public ProgressEvent Current => _current!;

    private long Last => _current?.Sequence ?? after;

    /// <summary>Waits for the next event.</summary>
    /// <returns>False if there will be none.</returns>
    /// <exception cref="OneShotException">What the server said, or unavailable.</exception>
    public async Task<bool> MoveNextAsync()
    {
        while (true)
        {
            try
            {
                if (_items is null && !await ConnectAsync())
                {
                    return false;
                }

                if (await _items!.MoveNextAsync())
                {
                    if (Accept(_items!.Current.Data))
                    {
                        return true;
                    }

                    continue;
                }

                await LeaveAsync();
                if (_current?.Stage.IsFinal() == true)
                {
                    return false;
                }

                // The stream of an unfinished job ends when its server goes.
                await PauseAsync(cause: null);
            }
            catch (Exception e) when (HttpCalls.IsBroken(e, cancellationToken))
            {
                await LeaveAsync();
                await PauseAsync(e);
            }
            catch (OneShotException e) when (e.Code is ErrorCodes.Unavailable or ErrorCodes.Limit)
            {
                await LeaveAsync();
                await PauseAsync(e, e.RetryAfter);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await LeaveAsync();

    private async Task<bool> ConnectAsync()
    {
        _answer = await calls.SendAsync(
            () =>
            {
                var message = HttpCalls.Get(path);
                message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
                message.Headers.TryAddWithoutValidation("Last-Event-ID", Last.ToString(CultureInfo.InvariantCulture));
                return message;
            },
            cancellationToken,
            streams: true,
            repeats: false
        );
        if (_answer.StatusCode == HttpStatusCode.NoContent)
        {
            return false;
        }

        var body = new PatientStream(await _answer.Content.ReadAsStreamAsync(cancellationToken), calls.SilenceTimeout);
        _items = SseParser.Create(body).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        return true;
    }

    /// <summary>Takes an event, unless it was seen already.</summary>
    private bool Accept(string data)
    {
        ProgressEvent read;
        try
        {
            read = StrictJson.Read<ProgressEvent>(data, DocumentJson.Options);
        }
        catch (UnusableJsonException e)
        {
            throw new IOException("The server sent an event that is none.", e);
        }

        if (read.Sequence <= Last)
        {
            return false;
        }

        if (read.Sequence != Last + 1)
        {
            throw new IOException($"The server left out the events {Last + 1} to {read.Sequence - 1}.");
        }

        (_current, _failures) = (read, 0);
        return true;
    }

    private Task PauseAsync(Exception? cause, TimeSpan? wanted = null)
    {
        if (_failures++ >= MostFailures)
        {
            throw cause as OneShotException ?? calls.Unreachable(cause ?? new IOException("the stream of events ends again and again"));
        }

        var pause = s_firstPause * Math.Pow(2, Math.Min(_failures - 1, 6));
        return Task.Delay(wanted ?? (pause < s_longestPause ? pause : s_longestPause), calls.Clock, cancellationToken);
    }

    private async Task LeaveAsync()
    {
        var (items, answer) = (_items, _answer);
        (_items, _answer) = (null, null);
        answer?.Dispose();
        try
        {
            await (items?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
        catch (Exception e) when (HttpCalls.IsBroken(e, CancellationToken.None))
        {
            // It was broken before.
        }
    }
}
