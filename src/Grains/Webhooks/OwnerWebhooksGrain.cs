using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Webhooks;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Grains.Webhooks;

/// <summary>The list of an owner's webhooks. What they are and have to deliver, each of them knows itself.</summary>
internal sealed partial class OwnerWebhooksGrain(
    [PersistentState("webhooks", OneShotStorage.Name)] IPersistentState<OwnerWebhooksState> storage,
    WebhookSender sender,
    IOptions<OneShotGrainsOptions> options,
    ILogger<OwnerWebhooksGrain> logger
) : Grain, IOwnerWebhooksGrain
{
    private const string IdPrefix = "wh_";
    private const int IdLength = 16;
    private const string IdSigns = "0123456789abcdefghjkmnpqrstvwxyz";

    private OwnerWebhooksState _state = new();
    private long _confirmed;

    private string Owner => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Confirm();
        return Task.CompletedTask;
    }

    public async Task<NewWebhook> Add(WebhookRequest wanted)
    {
        if (WebhookRules.Find(wanted).FirstOrDefault() is { } problem)
        {
            throw Refuse(ErrorCodes.InvalidInput, problem.Message, problem.Field);
        }

        RequireReachable(new Uri(wanted.Url));
        await LookAgainAsync();
        if (_state.Webhooks.Length >= WebhookRules.MostPerOwner)
        {
            throw Refuse(ErrorCodes.Limit, $"{Owner} has {_state.Webhooks.Length} webhooks, the most for an owner; delete one that is no longer used.", null);
        }

        var id = IdPrefix + RandomNumberGenerator.GetString(IdSigns, IdLength);
        var made = await Webhook(id).Open(Owner, wanted);
        await WriteAsync(_state.Webhooks.Add(new OwnedWebhook(id, wanted.Events, made.Webhook.Created)));
        LogMade(id, Owner);
        return made;
    }

    public async Task<ImmutableArray<WebhookDocument>> List()
    {
        await LookAgainAsync();
        var all = await Task.WhenAll(_state.Webhooks.Select(webhook => Webhook(webhook.Id).Describe(deliveries: false)));
        return [.. all.OfType<WebhookDocument>()];
    }

    public async Task<WebhookDocument> Get(string id)
    {
        await LookAgainAsync();
        Require(id);
        return await Webhook(id).Describe(deliveries: true) ?? throw NotFound(id);
    }

    public async Task Remove(string id)
    {
        await LookAgainAsync();
        var known = Require(id);
        // In this order, so that what fails in between is still listed, and can be repeated.
        await Webhook(id).Close();
        await WriteAsync(_state.Webhooks.Remove(known));
        LogRemoved(id, Owner);
    }

    public async Task<int> Ended(WebhookJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (job.Owner != Owner || WebhookEvents.Of(job.Kind, job.State) is not { } type)
        {
            throw Refuse(ErrorCodes.InvalidInput, $"Job {job.Id} is no job of {Owner} that has ended.", "id");
        }

        await LookAgainAsync();
        var taken = await Task.WhenAll(
            _state.Webhooks.Where(webhook => webhook.Created <= job.Finished && webhook.Events.Contains(type)).Select(webhook => Webhook(webhook.Id).Take(job))
        );
        return taken.Count(isTaken => isTaken);
    }

    private static OneShotException Refuse(string code, string message, string? field, string? hint = null) => new(new ErrorDetail(code, message, field, hint));

    private static OneShotException NotFound(string id) => Refuse(ErrorCodes.NotFound, $"There is no webhook {SettingRules.Shown(id)}.", "id");

    private IWebhookGrain Webhook(string id) => GrainFactory.GetGrain<IWebhookGrain>(id);

    private OwnedWebhook Require(string id) => _state.Webhooks.FirstOrDefault(webhook => webhook.Id == id) ?? throw NotFound(id);

    private void RequireReachable(Uri url)
    {
        var (hosts, host) = (sender.Hosts, url.IdnHost);
        if (hosts.RefusesByName(host))
        {
            throw Refuse(
                ErrorCodes.InvalidInput,
                "url names a host that is not of the Internet; give one that is.",
                "url",
                "The operator can allow others, with: oneshot serve --webhook-allow"
            );
        }

        if (url.Scheme != Uri.UriSchemeHttps && !hosts.AllowsByName(host))
        {
            throw Refuse(
                ErrorCodes.InvalidInput,
                "url is http; give the receiver's https address.",
                "url",
                "The operator can allow http for a host, with: oneshot serve --webhook-allow"
            );
        }
    }

    private void Confirm() => (_state, _confirmed) = (storage.State, options.Value.Clock.GetTimestamp());

    /// <summary>
    /// While silos can't reach each other the directory may let this grain be activated twice, and a job would be told that nobody wants to hear of it: so what
    /// is stored is looked at, now and then and while it is asked.
    /// </summary>
    private async Task LookAgainAsync()
    {
        if (options.Value.Clock.GetElapsedTime(_confirmed) >= options.Value.StateTrust)
        {
            await storage.ReadStateAsync();
            Confirm();
        }
    }

    private async Task WriteAsync(ImmutableArray<OwnedWebhook> webhooks)
    {
        storage.State = new OwnerWebhooksState { Webhooks = webhooks };
        try
        {
            await storage.WriteStateAsync();
            Confirm();
        }
        catch
        {
            // Whether it was written is not known: the next activation reads what is there.
            DeactivateOnIdle();
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Webhook {WebhookId} of {Owner} was made")]
    private partial void LogMade(string webhookId, string owner);

    [LoggerMessage(Level = LogLevel.Information, Message = "Webhook {WebhookId} of {Owner} was deleted")]
    private partial void LogRemoved(string webhookId, string owner);
}
