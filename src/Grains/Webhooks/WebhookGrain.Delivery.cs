using Microsoft.Extensions.Logging;

namespace OrleansOneShot.Grains.Webhooks;

/// <summary>How a webhook delivers: a loop on its own scheduler, so that state is touched by one at a time, and calls to the receiver beside it.</summary>
internal sealed partial class WebhookGrain
{
    private const string Reminder = "deliver";

    // A receiver that is slow holds up its own messages alone, and not all of those.
    private const int MostAtOnce = 2;

    private readonly Dictionary<string, Task> _flights = new(StringComparer.Ordinal);
    private TaskCompletionSource _news = NewSignal();
    private Task _loop = Task.CompletedTask;
    private bool _isLooping;
    private bool _reminded;

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (_state.Waiting.Length == 0)
        {
            await ForgetReminderAsync();
            return;
        }

        _reminded = true;
        Deliver();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Sees to it that what waits is delivered when its time has come.</summary>
    private void Deliver()
    {
        _news.TrySetResult();
        if (!_isLooping && _state.Waiting.Length > 0 && !_stop.IsCancellationRequested)
        {
            _isLooping = true;
            _loop = LoopAsync();
        }
    }

    private async Task LoopAsync()
    {
        while (!_stop.IsCancellationRequested && (_state.Waiting.Length > 0 || _flights.Count > 0))
        {
            _news = NewSignal();
            var now = Now;
            var waiting = _state.Waiting.Where(one => !_flights.ContainsKey(one.Told.Id)).OrderBy(one => one.Told.NextAttempt).ToList();
            var due = waiting.Where(one => one.Told.NextAttempt <= now).Take(MostAtOnce - _flights.Count).ToList();
            foreach (var one in due)
            {
                _flights[one.Told.Id] = TryAsync(one);
            }

            var next = _flights.Count < MostAtOnce && waiting.Count > due.Count ? waiting[due.Count].Told.NextAttempt - now : null;
            await WaitAsync(next);
        }

        _isLooping = false;
    }

    /// <summary>Waits for news, or for the next try's time.</summary>
    private async Task WaitAsync(TimeSpan? pause)
    {
        using var woken = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        // Until then: what is due later than this is looked at again.
        var longest = pause is { } some && some < WebhookBackoff.Pauses[^1] ? some : WebhookBackoff.Pauses[^1];
        await Task.WhenAny(_news.Task, Task.Delay(longest > TimeSpan.Zero ? longest : TimeSpan.Zero, options.Value.Clock, woken.Token));
        await woken.CancelAsync();
    }

    /// <summary>Makes a try and notes what became of it; does not throw.</summary>
    private async Task TryAsync(WaitingDelivery message)
    {
        // Not before the loop has noted the flight.
        await Task.Yield();
        var id = message.Told.Id;
        try
        {
            if (_state.Request is not { } request)
            {
                return;
            }

            var outcome = await sender.SendAsync(new Uri(request.Url), _state.Secret, id, message.Body, _stop.Token);
            await ChangeAsync(state => Deliveries.Tried(state, id, outcome, Now, Random.Shared.NextDouble()));
            Report(id, outcome);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The activation goes; the reminder brings the next one to it.
        }
        catch (Exception e)
        {
            // What became of it is not stored, and this activation goes: it is tried again.
            LogNotNoted(e, Id, id);
            await _stop.CancelAsync();
            DeactivateOnIdle();
        }
        finally
        {
            _flights.Remove(id);
            _news.TrySetResult();
        }
    }

    private void Report(string id, SendOutcome outcome)
    {
        var isWaiting = _state.Waiting.Any(one => one.Told.Id == id);
        instruments.OnWebhook(
            outcome.IsDelivered ? "delivered"
            : isWaiting ? "retried"
            : "failed"
        );
        if (!outcome.IsDelivered)
        {
            LogNotDelivered(Id, id, outcome.Reason!, isWaiting);
        }
        if (outcome.IsGone)
        {
            LogDisabled(Id, _state.Owner);
        }
    }

    /// <summary>Registers the reminder. Without one a message could wait for ever, so whoever brings it has to come again.</summary>
    private async Task RemindAsync()
    {
        if (!_reminded)
        {
            await this.RegisterOrUpdateReminder(Reminder, options.Value.BackstopPeriod, options.Value.BackstopPeriod);
            _reminded = true;
        }
    }

    private async Task ForgetReminderAsync()
    {
        try
        {
            if (await this.GetReminder(Reminder) is { } reminder)
            {
                await this.UnregisterReminder(reminder);
            }

            _reminded = false;
        }
        catch (Exception e)
        {
            // It comes again, and finds nothing again.
            LogStillReminded(e, Id);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Webhook {WebhookId}: message {MessageId} was not delivered (to be tried again: {IsRetried}). {Reason}")]
    private partial void LogNotDelivered(string webhookId, string messageId, string reason, bool isRetried);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Webhook {WebhookId} of {Owner} ends: its receiver answered 410")]
    private partial void LogDisabled(string webhookId, string owner);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Webhook {WebhookId}: what became of message {MessageId} could not be stored; it is sent again")]
    private partial void LogNotNoted(Exception error, string webhookId, string messageId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Webhook {WebhookId}: its reminder could not be taken away")]
    private partial void LogStillReminded(Exception error, string webhookId);
}
