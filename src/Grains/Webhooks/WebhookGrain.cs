using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Webhooks;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.Webhooks;

/// <summary>
/// A webhook. What it is to deliver is durable before it says that it will; a loop beside its calls delivers, and a reminder brings it back wherever it may
/// live. This file: what is asked of it; the other one: how it delivers.
/// </summary>
internal sealed partial class WebhookGrain(
    [PersistentState("webhook", OneShotStorage.Name)] IPersistentState<WebhookState> storage,
    WebhookSender sender,
    OneShotInstruments instruments,
    IOptions<OneShotGrainsOptions> options,
    ILogger<WebhookGrain> logger
) : Grain, IWebhookGrain, IRemindable, IDisposable
{
    // One write at a time: calls and the loop both change the state.
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private WebhookState _state = new();

    private string Id => this.GetPrimaryKeyString();

    private DateTimeOffset Now => options.Value.Clock.GetUtcNow();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = storage.State;
        Deliver();
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // Whoever was being told hears it again.
        await _stop.CancelAsync();
        await Task.WhenAll([_loop, .. _flights.Values]).WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _writing.Dispose();
        _stop.Dispose();
    }

    public async Task<NewWebhook> Open(string owner, WebhookRequest wanted)
    {
        await ChangeAsync(_ => new WebhookState
        {
            Request = wanted,
            Owner = owner,
            Secret = RandomNumberGenerator.GetBytes(WebhookSignature.SecretBytes),
            Created = Now,
        });
        return new NewWebhook(Tell(deliveries: false), WebhookSignature.Tell(_state.Secret));
    }

    public Task<WebhookDocument?> Describe(bool deliveries) => Task.FromResult(_state.Request is null ? null : Tell(deliveries));

    public async Task<bool> Take(WebhookJob job)
    {
        await ChangeAsync(state => state.Request is null ? state : Deliveries.Add(state, job, Now));
        if (_state.Waiting.Length > 0)
        {
            Deliver();
            // Also if it was known: the call that brought it may have failed here.
            await RemindAsync();
        }

        return _state.Request is not null;
    }

    public async Task Close()
    {
        await _writing.WaitAsync();
        try
        {
            await storage.ClearStateAsync();
            _state = new WebhookState();
        }
        finally
        {
            _writing.Release();
            DeactivateOnIdle();
        }

        await ForgetReminderAsync();
    }

    private WebhookDocument Tell(bool deliveries) =>
        new()
        {
            Id = Id,
            Url = _state.Request!.Url,
            Events = _state.Request.Events,
            Description = _state.Request.Description,
            Created = _state.Created,
            Disabled = _state.Disabled,
            Deliveries = deliveries ? Deliveries.Tell(_state) : null,
        };

    /// <summary>Changes what is stored, and then what is known.</summary>
    private async Task ChangeAsync(Func<WebhookState, WebhookState> change)
    {
        await _writing.WaitAsync();
        try
        {
            var next = change(_state);
            if (ReferenceEquals(next, _state))
            {
                return;
            }

            storage.State = next;
            await storage.WriteStateAsync();
            _state = next;
        }
        catch
        {
            // Whether it was written is not known: the next activation reads what is there.
            DeactivateOnIdle();
            throw;
        }
        finally
        {
            _writing.Release();
        }
    }
}
