using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Storage;
using OrleansOneShot.Contracts.Access;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Grains.Access;

namespace OrleansOneShot.Grains.Tests.Access;

/// <summary>How keys are made, judged, replaced and ended.</summary>
public sealed class KeyRegistryGrainTests : IAsyncLifetime
{
    private static readonly ImmutableArray<string> s_scopes = [KeyScopes.JobsRead, KeyScopes.JobsWrite];

    private readonly TestWorld _world = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    private IKeyRegistryGrain Registry => _world.Cluster.Client.GetGrain<IKeyRegistryGrain>(0);

    private DateTimeOffset Now => _clock.GetUtcNow();

    public async ValueTask InitializeAsync() => await StartAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Add_Key_LetsItsOwnerIn()
    {
        Assert.True(await Registry.IsEmpty());
        var made = await Registry.Add("ann", "laptop", s_scopes, Now.AddDays(1));

        Assert.Equal(("laptop", "ann", Now, Now.AddDays(1)), (made.Key.Name, made.Key.Owner, made.Key.Created, made.Key.Expires));
        Assert.StartsWith($"os1_{made.Key.Id}_", made.Secret, StringComparison.Ordinal);
        var answer = await AuthenticateAsync(made);
        Assert.Equal((KeyVerdict.Accepted, "ann"), (answer.Verdict, answer.Owner));
        Assert.Equal(s_scopes.AsEnumerable(), answer.Scopes.AsEnumerable());
        Assert.False(await Registry.IsEmpty());
        Assert.Equal(made.Key.Id, Assert.Single(await Registry.List()).Id);
    }

    [Fact]
    public async Task Authenticate_AnyOtherKey_IsNobody()
    {
        var (made, other) = (await Registry.Add("ann", "a", s_scopes, Now.AddDays(1)), await Registry.Add("bob", "b", s_scopes, null));
        Assert.Equal(KeyVerdict.Unknown, await VerdictAsync(ApiKey.Create().Text));
        Assert.Equal(KeyVerdict.Wrong, await VerdictAsync($"os1_{made.Key.Id}_{other.Secret.Split('_')[2]}"));
        Assert.Equal(KeyVerdict.Wrong, (await Registry.Authenticate(made.Key.Id, Array.Empty<byte>())).Verdict);
        Assert.Equal(KeyVerdict.Unknown, (await Registry.Authenticate("nobody", new byte[32])).Verdict);

        await Registry.Revoke(other.Key.Id);
        Assert.Equal(KeyVerdict.Revoked, await VerdictAsync(other.Secret));
        _clock.Advance(TimeSpan.FromDays(1));
        var answer = await AuthenticateAsync(made);
        Assert.Equal((KeyVerdict.Expired, ""), (answer.Verdict, answer.Owner));
        Assert.Empty(answer.Scopes);
        // Whoever has no secret is not told what became of a key.
        Assert.Equal(KeyVerdict.Wrong, (await Registry.Authenticate(made.Key.Id, new byte[32])).Verdict);
        Assert.True(await Registry.IsEmpty());
    }

    [Fact]
    public async Task Add_OutOfRange_IsRefusedByField()
    {
        Assert.Equal((ErrorCodes.InvalidInput, "owner"), await ErrorAsync(() => Registry.Add("", "a", s_scopes, null)));
        Assert.Equal((ErrorCodes.InvalidInput, "name"), await ErrorAsync(() => Registry.Add("ann", "a b", s_scopes, null)));
        Assert.Equal((ErrorCodes.InvalidInput, "scopes"), await ErrorAsync(() => Registry.Add("ann", "a", [], null)));
        Assert.Equal((ErrorCodes.InvalidInput, "expires"), await ErrorAsync(() => Registry.Add("ann", "a", s_scopes, Now)));
        Assert.Empty(await Registry.List());
    }

    [Fact]
    public async Task Add_ThirdOfAnOwner_IsRefusedByTheOneToRevoke()
    {
        var first = await Registry.Add("ann", "a", s_scopes, null);
        await AuthenticateAsync(first);
        _clock.Advance(TimeSpan.FromSeconds(1));
        var second = await Registry.Add("ann", "b", s_scopes, null);
        var error = (await Assert.ThrowsAsync<OneShotException>(() => Registry.Add("ann", "c", s_scopes, null))).Detail;

        Assert.Equal(
            new ErrorDetail(
                ErrorCodes.Limit,
                $"ann has 2 live keys, the most for an owner: {first.Key.Id} (a, last used {first.Key.Created:u}) and {second.Key.Id} (b, never used); "
                    + $"revoke the older one, {first.Key.Id}, first.",
                "owner",
                $"oneshot keys revoke {first.Key.Id}"
            ),
            error
        );
        await Registry.Add("bob", "c", s_scopes, null);
        await Registry.Revoke(first.Key.Id);
        Assert.Equal(KeyVerdict.Accepted, (await AuthenticateAsync(await Registry.Add("ann", "c", s_scopes, null))).Verdict);
    }

    [Fact]
    public async Task Add_ManyAtOnceOfAnOwner_MakesTwo()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => TryAsync(() => Registry.Add("ann", $"k{i}", s_scopes, null))));
        Assert.Equal(2, all.Count(made => made));
        Assert.Equal(2, (await Registry.List()).Length);
    }

    [Fact]
    public async Task Revoke_Key_IsForGood()
    {
        var made = await Registry.Add("ann", "a", s_scopes, null);
        var revoked = await Registry.Revoke(made.Key.Id);
        Assert.Equal(Now, revoked.Revoked);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(revoked.Revoked, (await Registry.Revoke(made.Key.Id)).Revoked);
        Assert.Equal((ErrorCodes.NotFound, "id"), await ErrorAsync(() => Registry.Revoke("nobody")));
        Assert.Equal((ErrorCodes.Conflict, "id"), await ErrorAsync(() => Registry.Rotate(made.Key.Id, null)));
        await RestartAsync();
        Assert.Equal(KeyVerdict.Revoked, (await AuthenticateAsync(made)).Verdict);
    }

    [Fact]
    public async Task Rotate_Key_KeepsTheOldOneUntilItIsRevoked()
    {
        var old = await Registry.Add("ann", "a", s_scopes, Now.AddDays(30));
        _clock.Advance(TimeSpan.FromDays(10));
        var next = await Registry.Rotate(old.Key.Id, null);

        Assert.Equal(("a", "ann", Now.AddDays(30)), (next.Key.Name, next.Key.Owner, next.Key.Expires));
        Assert.Equal(s_scopes.AsEnumerable(), next.Key.Scopes.AsEnumerable());
        Assert.Equal(KeyVerdict.Accepted, (await AuthenticateAsync(old)).Verdict);
        Assert.Equal(KeyVerdict.Accepted, (await AuthenticateAsync(next)).Verdict);
        Assert.Equal((ErrorCodes.Limit, "owner"), await ErrorAsync(() => Registry.Rotate(next.Key.Id, null)));
        Assert.Equal((ErrorCodes.NotFound, "id"), await ErrorAsync(() => Registry.Rotate("nobody", null)));
        Assert.Equal((ErrorCodes.InvalidInput, "grace"), await ErrorAsync(() => Registry.Rotate(next.Key.Id, TimeSpan.FromTicks(-1))));
    }

    [Fact]
    public async Task Rotate_WithAGrace_EndsTheOldOneAfterIt()
    {
        var old = await Registry.Add("ann", "a", s_scopes, Now.AddDays(30));
        var next = await Registry.Rotate(old.Key.Id, TimeSpan.FromHours(1));
        _clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
        Assert.Equal(KeyVerdict.Accepted, (await AuthenticateAsync(old)).Verdict);
        // Its own time was cut, not that of what replaces it.
        Assert.Equal(next.Key.Expires, (await Registry.List())[1].Expires);
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(KeyVerdict.Expired, (await AuthenticateAsync(old)).Verdict);

        // No longer grace than it has to live; and none needs no place for two.
        var third = await Registry.Rotate(next.Key.Id, TimeSpan.MaxValue);
        Assert.Equal(next.Key.Expires, (await Registry.List()).Single(key => key.Id == next.Key.Id).Expires);
        var fourth = await Registry.Rotate(third.Key.Id, TimeSpan.Zero);
        Assert.Equal(KeyVerdict.Expired, (await AuthenticateAsync(third)).Verdict);
        Assert.Equal((KeyVerdict.Accepted, Now.AddDays(30)), ((await AuthenticateAsync(fourth)).Verdict, fourth.Key.Expires));
    }

    [Fact]
    public async Task Rotate_KeyWhoseTimeWasCut_LivesAsLongAsItDidAtFirst()
    {
        var old = await Registry.Add("ann", "a", s_scopes, Now.AddDays(30));
        var next = await Registry.Rotate(old.Key.Id, TimeSpan.FromHours(1));
        await Registry.Revoke(next.Key.Id);
        Assert.Equal(Now.AddDays(30), (await Registry.Rotate(old.Key.Id, null)).Key.Expires);
        var far = await Registry.Add("bob", "b", s_scopes, DateTimeOffset.MaxValue);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Null((await Registry.Rotate(far.Key.Id, TimeSpan.FromDays(1))).Key.Expires);
    }

    [Fact]
    public async Task AddBootstrap_TwiceAndAfterARestart_MakesOneKey()
    {
        var key = ApiKey.Create();
        var made = await Registry.AddBootstrap(key.Id, key.SecretHash);
        Assert.Equal(("admin", "bootstrap"), (made.Owner, made.Name));
        Assert.Equal(KeyScopes.All.AsEnumerable(), made.Scopes.AsEnumerable());
        await RestartAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Registry.AddBootstrap(key.Id, key.SecretHash)));
        Assert.Single(await Registry.List());
        Assert.Equal((KeyVerdict.Accepted, "admin"), await WhoAsync(key));

        Assert.Equal((ErrorCodes.Conflict, "key"), await ErrorAsync(() => Registry.AddBootstrap(key.Id, ApiKey.Create().SecretHash)));
        Assert.Equal((ErrorCodes.InvalidInput, "key"), await ErrorAsync(() => Registry.AddBootstrap("a_b", key.SecretHash)));
        Assert.Equal((ErrorCodes.InvalidInput, "key"), await ErrorAsync(() => Registry.AddBootstrap("ab", key.SecretHash[1..])));
        await Registry.Revoke(key.Id);
        Assert.NotNull((await Registry.AddBootstrap(key.Id, key.SecretHash)).Revoked);
        Assert.Equal((KeyVerdict.Revoked, ""), await WhoAsync(key));
    }

    [Fact]
    public async Task AddBootstrap_OwnerHasTwoKeys_TakesThePlaceOfTheOlder()
    {
        ApiKey[] keys = [ApiKey.Create(), ApiKey.Create(), ApiKey.Create()];
        foreach (var key in keys)
        {
            await Registry.AddBootstrap(key.Id, key.SecretHash);
        }

        Assert.Equal((KeyVerdict.Revoked, ""), await WhoAsync(keys[0]));
        Assert.Equal((KeyVerdict.Accepted, "admin"), await WhoAsync(keys[1]));
        Assert.Equal((KeyVerdict.Accepted, "admin"), await WhoAsync(keys[2]));
    }

    [Fact]
    public async Task Add_AsManyKeysAsAreKept_ForgetsTheOneThatIsDeadForLongest()
    {
        var all = Enumerable.Range(0, KeyRules.MostKeys).Select(i => Record($"k{i}", $"owner{i}")).ToList();
        await PutAsync([.. all]);
        await RestartAsync();
        Assert.Equal(
            (ErrorCodes.Limit, "There are 10,000 live keys, the most that are kept; revoke some that are no longer used."),
            await SentenceAsync(() => Registry.Add("ann", "a", s_scopes, null))
        );

        await Registry.Revoke("k9");
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Registry.Revoke("k5");
        await Registry.Add("ann", "a", s_scopes, null);
        var ids = (await Registry.List()).Select(key => key.Id).ToList();
        Assert.Equal(KeyRules.MostKeys, ids.Count);
        Assert.True(ids.Contains("k5") && !ids.Contains("k9"));

        // Whoever starts the service gets in.
        var first = ApiKey.Create();
        await Registry.AddBootstrap(first.Id, first.SecretHash);
        Assert.Equal((KeyVerdict.Accepted, "admin"), await WhoAsync(first));
    }

    [Fact]
    public async Task Authenticate_RevokedInAnotherActivation_IsKnownHereWithinSeconds()
    {
        var made = await Registry.Add("ann", "a", s_scopes, null);
        await EditAsync(state => state with { Keys = [state.Keys[0] with { Key = state.Keys[0].Key with { Revoked = Now } }] });

        Assert.Equal(KeyVerdict.Accepted, (await AuthenticateAsync(made)).Verdict);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(KeyVerdict.Revoked, (await AuthenticateAsync(made)).Verdict);
        // The activation that was left behind goes; the next one writes.
        await _world.WhenAsync(() => TryAsync(() => Registry.Add("ann", "b", s_scopes, null)), () => Task.FromResult("no key could be made"));
    }

    [Fact]
    public async Task Add_StateCanNotBeWritten_MakesNone()
    {
        _world.BeforeStateWrite = grain =>
            grain.StartsWith("keys ", StringComparison.Ordinal) ? throw new IOException("The disk is full.") : Task.CompletedTask;
        await Assert.ThrowsAnyAsync<Exception>(() => Registry.Add("ann", "a", s_scopes, null));
        _world.BeforeStateWrite = null;
        await _world.WhenAsync(() => TryAsync(() => Registry.Add("ann", "b", s_scopes, null)), () => Task.FromResult("no key could be made"));
        Assert.Equal("b", Assert.Single(await Registry.List()).Name);
    }

    private static async Task<bool> TryAsync(Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (Exception e) when (e is OneShotException or OrleansException or InconsistentStateException)
        {
            return false;
        }
    }

    private static async Task<(string Code, string? Field)> ErrorAsync(Func<Task> call)
    {
        var detail = (await Assert.ThrowsAsync<OneShotException>(call)).Detail;
        return (detail.Code, detail.Field);
    }

    private static async Task<(string Code, string Message)> SentenceAsync(Func<Task> call)
    {
        var detail = (await Assert.ThrowsAsync<OneShotException>(call)).Detail;
        return (detail.Code, detail.Message);
    }

    private static KeyRecord Record(string id, string owner) =>
        new(
            new KeyDocument
            {
                Id = id,
                Name = "n",
                Owner = owner,
                Scopes = s_scopes,
                Created = DateTimeOffset.UnixEpoch,
            },
            new byte[32],
            null
        );

    private Task StartAsync() => _world.StartAsync(slots: 0, configure: (_, options) => options.Clock = _clock);

    private async Task RestartAsync()
    {
        await _world.StopAsync();
        await StartAsync();
    }

    private Task<KeyAnswer> AuthenticateAsync(NewKey made) => AuthenticateAsync(made.Secret);

    private Task<KeyAnswer> AuthenticateAsync(string text)
    {
        Assert.True(ApiKey.TryParse(text, out var key));
        return Registry.Authenticate(key.Id, key.SecretHash);
    }

    private async Task<KeyVerdict> VerdictAsync(string text) => (await AuthenticateAsync(text)).Verdict;

    private async Task<(KeyVerdict Verdict, string Owner)> WhoAsync(ApiKey key)
    {
        var answer = await AuthenticateAsync(key.Text);
        return (answer.Verdict, answer.Owner);
    }

    private Task PutAsync(ImmutableArray<KeyRecord> keys) => EditAsync(_ => new KeyRegistryState { Keys = keys });

    /// <summary>Changes what is stored behind the grain's back, as another activation does.</summary>
    private async Task EditAsync(Func<KeyRegistryState, KeyRegistryState> edit)
    {
        var states = _world.Cluster.Silos[0].ServiceProvider.GetRequiredKeyedService<IGrainStorage>(OneShotStorage.Name);
        var row = new GrainState<KeyRegistryState>();
        await states.ReadStateAsync("keys", Registry.GetGrainId(), row);
        row.State = edit(row.State!);
        await states.WriteStateAsync("keys", Registry.GetGrainId(), row);
    }
}
