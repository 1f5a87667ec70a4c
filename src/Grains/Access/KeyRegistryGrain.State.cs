using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace OrleansOneShot.Grains.Access;

/// <summary>How keys and their uses are kept.</summary>
internal sealed partial class KeyRegistryGrain
{
    // Parts of the stored keys.
    private const string KeysName = "keys";
    private const string UsesName = "key-uses";

    // Uses are for people who wonder whether a key is still needed.
    private static readonly TimeSpan s_usesPeriod = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, DateTimeOffset> _uses = new(StringComparer.Ordinal);
    private ImmutableArray<KeyRecord> _keys = [];
    private Dictionary<string, KeyRecord> _byId = [];
    private Task _keeping = Task.CompletedTask;
    private long? _kept;
    private bool _hasNewUses;
    private long _confirmed;
    private int _writing;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Show(storage.State.Keys);
        MergeUses();
        _confirmed = options.Value.Clock.GetTimestamp();
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _keeping.WaitAsync(cancellationToken);
        if (_hasNewUses)
        {
            await KeepUsesAsync().WaitAsync(cancellationToken);
        }
    }

    private void Show(ImmutableArray<KeyRecord> keys)
    {
        _keys = keys;
        _byId = keys.ToDictionary(record => record.Key.Id, StringComparer.Ordinal);
    }

    /// <summary>Stores the keys. Callers go on being judged by the old ones until the new ones are durable.</summary>
    private async Task WriteAsync(ImmutableArray<KeyRecord> keys)
    {
        storage.State = new KeyRegistryState { Keys = keys };
        _writing++;
        try
        {
            await storage.WriteStateAsync();
            Show(keys);
            _confirmed = options.Value.Clock.GetTimestamp();
        }
        catch
        {
            // Whether it was written is not known: the next activation reads what is there.
            DeactivateOnIdle();
            throw;
        }
        finally
        {
            _writing--;
        }
    }

    /// <summary>
    /// While silos can't reach each other the directory may let this grain be activated twice. Only one of the two can write, but the other would accept keys
    /// for ever that were revoked there: so it looks, now and then and while it is asked, what is stored, goes by that, and leaves if it is another's. One call
    /// looks, the others don't wait for it.
    /// </summary>
    private async Task LookAgainAsync()
    {
        var clock = options.Value.Clock;
        if (_writing > 0 || clock.GetElapsedTime(_confirmed) < options.Value.StateTrust)
        {
            return;
        }
        _confirmed = clock.GetTimestamp();
        var etag = storage.Etag;
        var stored = new GrainState<KeyRegistryState>(new KeyRegistryState());
        try
        {
            await states.ReadStateAsync(KeysName, this.GetGrainId(), stored);
        }
        catch (Exception e)
        {
            // Without the database nobody gets far; an answer from memory tells them so better than none.
            LogNotConfirmed(e);
            return;
        }

        if (_writing > 0 || storage.Etag != etag || (!stored.RecordExists && !storage.RecordExists) || stored.ETag == etag)
        {
            return;
        }
        LogGoneOn();
        Show(stored.State!.Keys);
        DeactivateOnIdle();
    }

    private void NoteUse(string id, DateTimeOffset now)
    {
        var clock = options.Value.Clock;
        _uses[id] = now;
        _hasNewUses = true;
        if (_keeping.IsCompleted && !(_kept is { } kept && clock.GetElapsedTime(kept) < s_usesPeriod))
        {
            _kept = clock.GetTimestamp();
            // Nobody waits for it to be let in.
            _keeping = KeepUsesAsync();
        }
    }

    /// <summary>Stores the uses; does not throw.</summary>
    private async Task KeepUsesAsync()
    {
        _hasNewUses = false;
        foreach (var gone in _uses.Keys.Where(id => !_byId.ContainsKey(id)).ToList())
        {
            _uses.Remove(gone);
        }
        uses.State = new KeyUsesState { Uses = [.. _uses.Select(use => new KeyUse(use.Key, use.Value))] };
        try
        {
            await uses.WriteStateAsync();
        }
        catch (Exception e)
        {
            _hasNewUses = true;
            LogUsesNotKept(e);
            await ReadUsesAsync();
        }
    }

    /// <summary>Another activation has written uses, or a write that seemed to fail did not.</summary>
    private async Task ReadUsesAsync()
    {
        try
        {
            await uses.ReadStateAsync();
            MergeUses();
        }
        catch (Exception e)
        {
            LogUsesNotKept(e);
        }
    }

    private void MergeUses()
    {
        foreach (var use in uses.State.Uses)
        {
            if (!(_uses.TryGetValue(use.Id, out var last) && last >= use.Last))
            {
                _uses[use.Id] = use.Last;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Key {KeyId} ({Name}) of {Owner} was made")]
    private partial void LogMade(string keyId, string name, string owner);

    [LoggerMessage(Level = LogLevel.Information, Message = "Key {KeyId} of {Owner} was revoked")]
    private partial void LogRevoked(string keyId, string owner);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Key {KeyId} of {Owner} was revoked: the service was started with another first key, {NewId}")]
    private partial void LogReplaced(string keyId, string owner, string newId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The stored keys could not be read; callers are judged by what is in memory")]
    private partial void LogNotConfirmed(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys have changed in another activation; this one goes")]
    private partial void LogGoneOn();

    [LoggerMessage(Level = LogLevel.Warning, Message = "When keys were last used could not be stored; it is tried again in a minute")]
    private partial void LogUsesNotKept(Exception error);
}
