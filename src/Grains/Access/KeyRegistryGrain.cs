using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Storage;
using OrleansOneShot.Contracts.Access;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Grains.Access;

/// <summary>
/// All keys. Changes come one at a time and are seen once they are durable; questions are answered from memory meanwhile. This file: what keys are; the other
/// one: how the state is kept.
/// </summary>
internal sealed partial class KeyRegistryGrain(
    [PersistentState(KeyRegistryGrain.KeysName, OneShotStorage.Name)] IPersistentState<KeyRegistryState> storage,
    [PersistentState(KeyRegistryGrain.UsesName, OneShotStorage.Name)] IPersistentState<KeyUsesState> uses,
    [FromKeyedServices(OneShotStorage.Name)] IGrainStorage states,
    IOptions<OneShotGrainsOptions> options,
    ILogger<KeyRegistryGrain> logger
) : Grain, IKeyRegistryGrain
{
    private const string BootstrapName = "bootstrap";

    // Compared with where no key has the id. Whoever sends what it is the hash of is still unknown.
    private static readonly byte[] s_nobodys = new byte[SHA256.HashSizeInBytes];

    private DateTimeOffset Now => options.Value.Clock.GetUtcNow();

    public async Task<NewKey> Add(string owner, string name, ImmutableArray<string> scopes, DateTimeOffset? expires)
    {
        var now = Now;
        if (KeyRules.Find(owner, name, scopes, expires, now).FirstOrDefault() is { } problem)
        {
            throw Refuse(ErrorCodes.InvalidInput, problem.Message, problem.Field);
        }

        RequireRoom(_keys, owner, now);
        return await MakeAsync(_keys, owner, name, scopes, expires - now, now);
    }

    public async Task<KeyDocument> AddBootstrap(string id, ReadOnlyMemory<byte> secretHash)
    {
        if (!ApiKey.IsId(id) || secretHash.Length != SHA256.HashSizeInBytes)
        {
            throw Refuse(ErrorCodes.InvalidInput, $"The first key can't be used; it must be {ApiKey.Form}.", "key");
        }

        if (_byId.TryGetValue(id, out var known))
        {
            return CryptographicOperations.FixedTimeEquals(known.Hash, secretHash.Span)
                ? Describe(known)
                : throw Refuse(ErrorCodes.Conflict, $"Another key has the id {id}; give the first key an id of its own.", "key");
        }

        var now = Now;
        var keys = _keys;
        if (LiveOf(keys, KeyRules.BootstrapOwner, now) is { Count: >= KeyRules.LivePerOwner } live)
        {
            keys = Replace(keys, live[0], live[0] with { Key = live[0].Key with { Revoked = now } });
            LogReplaced(live[0].Key.Id, KeyRules.BootstrapOwner, id);
        }

        var key = new KeyDocument
        {
            Id = id,
            Name = BootstrapName,
            Owner = KeyRules.BootstrapOwner,
            Scopes = KeyScopes.All,
            Created = now,
        };
        await WriteAsync([.. keys, new KeyRecord(key, secretHash.ToArray(), null)]);
        LogMade(id, BootstrapName, KeyRules.BootstrapOwner);
        return key;
    }

    public async Task<ImmutableArray<KeyDocument>> List()
    {
        await LookAgainAsync();
        return [.. _keys.Select(Describe)];
    }

    public async Task<KeyDocument> Revoke(string id)
    {
        var known = Require(id);
        if (known.Key.Revoked is null)
        {
            var revoked = known with { Key = known.Key with { Revoked = Now } };
            await WriteAsync(Replace(_keys, known, revoked));
            LogRevoked(id, known.Key.Owner);
            known = revoked;
        }

        return Describe(known);
    }

    public async Task<NewKey> Rotate(string id, TimeSpan? grace)
    {
        var (old, now) = (Require(id), Now);
        if (!old.Key.IsLive(now))
        {
            throw Refuse(ErrorCodes.Conflict, $"Key {id} {(old.Key.Revoked is null ? "has expired" : "was revoked")}; make a new one instead.", "id");
        }
        if (grace < TimeSpan.Zero)
        {
            throw Refuse(ErrorCodes.InvalidInput, FormattableString.Invariant($"grace is {grace}; it must be 0 or more."), "grace");
        }

        var keys = _keys;
        // A grace beyond what it has left, or beyond all times, changes nothing.
        if (grace is { } rest && rest < (old.Key.Expires ?? DateTimeOffset.MaxValue) - now)
        {
            keys = Replace(keys, old, old with { Key = old.Key with { Expires = now + rest } });
        }

        RequireRoom(keys, old.Key.Owner, now);
        return await MakeAsync(keys, old.Key.Owner, old.Key.Name, old.Key.Scopes, old.Lifetime, now);
    }

    public async Task<KeyAnswer> Authenticate(string id, ReadOnlyMemory<byte> secretHash)
    {
        await LookAgainAsync();
        var known = _byId.GetValueOrDefault(id);
        var isRight = CryptographicOperations.FixedTimeEquals(known?.Hash ?? s_nobodys, secretHash.Span);
        var now = Now;
        var verdict =
            known is null ? KeyVerdict.Unknown
            : !isRight ? KeyVerdict.Wrong
            : known.Key.Revoked is not null ? KeyVerdict.Revoked
            : !known.Key.IsLive(now) ? KeyVerdict.Expired
            : KeyVerdict.Accepted;
        if (known is null || verdict != KeyVerdict.Accepted)
        {
            return new KeyAnswer(verdict, "", []);
        }

        NoteUse(id, now);
        return new KeyAnswer(verdict, known.Key.Owner, known.Key.Scopes);
    }

    public async Task<bool> IsEmpty()
    {
        await LookAgainAsync();
        var now = Now;
        return !_keys.Any(record => record.Key.IsLive(now));
    }

    private static ImmutableArray<KeyRecord> Replace(ImmutableArray<KeyRecord> keys, KeyRecord old, KeyRecord other) => keys.SetItem(keys.IndexOf(old), other);

    /// <summary>The live keys of an owner, oldest first.</summary>
    private static List<KeyRecord> LiveOf(ImmutableArray<KeyRecord> keys, string owner, DateTimeOffset now) =>
        [.. keys.Where(record => record.Key.Owner == owner && record.Key.IsLive(now))];

    private static OneShotException Refuse(string code, string message, string? field, string? hint = null) => new(new ErrorDetail(code, message, field, hint));

    private void RequireRoom(ImmutableArray<KeyRecord> keys, string owner, DateTimeOffset now)
    {
        var live = LiveOf(keys, owner, now);
        if (live.Count >= KeyRules.LivePerOwner)
        {
            var (words, oldest) = (live.Select(record => $"{record.Key.Id} ({record.Key.Name}, {UseOf(record.Key.Id)})"), live[0].Key.Id);
            throw Refuse(
                ErrorCodes.Limit,
                $"{owner} has {live.Count} live keys, the most for an owner: {string.Join(" and ", words)}; revoke the older one, {oldest}, first.",
                "owner",
                $"oneshot keys revoke {oldest}"
            );
        }
    }

    private string UseOf(string id) => _uses.TryGetValue(id, out var last) ? FormattableString.Invariant($"last used {last:u}") : "never used";

    /// <summary>Room for one more: the key that has been dead for the longest time is forgotten, if need be.</summary>
    private static ImmutableArray<KeyRecord> MakeRoom(ImmutableArray<KeyRecord> keys, DateTimeOffset now)
    {
        if (keys.Length < KeyRules.MostKeys)
        {
            return keys;
        }

        var dead = keys.Where(record => !record.Key.IsLive(now)).MinBy(record => record.Key.Revoked ?? record.Key.Expires);
        return dead is not null
            ? keys.Remove(dead)
            : throw Refuse(
                ErrorCodes.Limit,
                FormattableString.Invariant($"There are {keys.Length:N0} live keys, the most that are kept; revoke some that are no longer used."),
                null
            );
    }

    private KeyRecord Require(string id) =>
        _byId.TryGetValue(id, out var known) ? known : throw Refuse(ErrorCodes.NotFound, $"There is no key {SettingRules.Shown(id)}.", "id");

    private KeyDocument Describe(KeyRecord record) => record.Key with { LastUsed = _uses.TryGetValue(record.Key.Id, out var last) ? last : null };

    private async Task<NewKey> MakeAsync(
        ImmutableArray<KeyRecord> keys,
        string owner,
        string name,
        ImmutableArray<string> scopes,
        TimeSpan? lifetime,
        DateTimeOffset now
    )
    {
        var room = MakeRoom(keys, now);
        var made = ApiKey.Create();
        while (_byId.ContainsKey(made.Id))
        {
            made = ApiKey.Create();
        }

        var key = new KeyDocument
        {
            Id = made.Id,
            Name = name,
            Owner = owner,
            Scopes = scopes,
            Created = now,
            Expires = lifetime < DateTimeOffset.MaxValue - now ? now + lifetime : null,
        };
        await WriteAsync([.. room, new KeyRecord(key, made.SecretHash.ToArray(), lifetime)]);
        LogMade(key.Id, name, owner);
        return new NewKey(key, made.Text);
    }
}
