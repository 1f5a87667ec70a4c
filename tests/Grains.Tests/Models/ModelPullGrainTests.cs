using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Models;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.Grains.Models;
using OrleansOneShot.Grains.Tests.Fakes;

namespace OrleansOneShot.Grains.Tests.Models;

/// <summary>Pulls of models, by a silo that has a host and by others.</summary>
public sealed class ModelPullGrainTests : IAsyncDisposable
{
    private static readonly ModelPullRequest s_tiny = new() { Repository = "toys/tiny" };

    private readonly TestWorld _world = new();
    private readonly SharedReminders _reminders = new();
    private readonly FakePuller _puller = new();

    public ModelPullGrainTests() =>
        _puller.Done = name => _world.Models.Has = _world.Models.Has with { Models = [.. _world.Models.Has.Models, new SiloModel(name, Shipped: false, 10)] };

    private IModelPullGrain Tiny => _world.Cluster.Client.GetGrain<IModelPullGrain>("tiny");

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Start_TwoAtOnce_AreOnePull_AndAskingAgainIsHarmless()
    {
        await StartAsync();
        Assert.Null(await Tiny.GetStatus());
        _puller.Gate = new Gate();

        var both = await Task.WhenAll(Tiny.Start(s_tiny), Tiny.Start(s_tiny));
        await _puller.Gate.Reached;

        Assert.All(both, status => Assert.Equal(ModelPullState.Pulling, status.State));
        var running = (await Tiny.GetStatus())!;
        Assert.Equal((ModelPullState.Pulling, 4L, 10L, null), (running.State, running.BytesDone, running.Bytes, running.Finished));
        Assert.Equal(("toys/tiny", "main", false), (running.Repository, running.Revision, running.Fp16));
        _puller.Gate.Open();
        var ready = await EndAsync();
        Assert.Equal((ModelPullState.Ready, 10L, 10L, null), (ready.State, ready.BytesDone, ready.Bytes, ready.Error));
        Assert.NotNull(ready.Finished);
        Assert.Equal(ModelPullState.Ready, (await Tiny.Start(s_tiny)).State);
        Assert.Equal(1, _puller.Pulls);
    }

    [Fact]
    public async Task Start_AnotherModelUnderTheName_IsRefused()
    {
        await StartAsync();
        _puller.Gate = new Gate();
        await Tiny.Start(s_tiny);

        var pulling = await ThrowsAsync(() => Tiny.Start(s_tiny with { Fp16 = true }));
        _puller.Gate.Open();
        await EndAsync();
        var pulled = await ThrowsAsync(() => Tiny.Start(s_tiny with { Revision = "old" }));
        var shipped = await ThrowsAsync(() => _world.Cluster.Client.GetGrain<IModelPullGrain>("toyworld-64").Start(s_tiny));

        Assert.Equal((ErrorCodes.Conflict, "toys/tiny is being pulled under the name tiny."), (pulling.Code, pulling.Message));
        Assert.Equal((ErrorCodes.Conflict, "There is a model tiny already, of toys/tiny."), (pulled.Code, pulled.Message));
        Assert.Equal((ErrorCodes.Conflict, "There is a model toyworld-64 already."), (shipped.Code, shipped.Message));
    }

    [Fact]
    public async Task Start_NotAllowed_IsRefusedAndStoresNothing()
    {
        await StartAsync();
        var other = await ThrowsAsync(() => Tiny.Start(s_tiny with { Repository = "other/tiny" }));
        Assert.Equal((ErrorCodes.Forbidden, "repository"), (other.Code, other.Detail.Field));
        await _world.StopAsync();
        await StartAsync(pulls: false);

        var none = await ThrowsAsync(() => Tiny.Start(s_tiny));

        Assert.Equal((ErrorCodes.Forbidden, "This server pulls no models."), (none.Code, none.Message));
        Assert.Null(await Tiny.GetStatus());
    }

    [Fact]
    public async Task Pull_ThatFails_SaysWhy_AndMayBeAskedForAgain()
    {
        await StartAsync();
        _puller.Failure = new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, "hub can't be reached.", "repository"));
        await Tiny.Start(s_tiny);
        var failed = await EndAsync();
        Assert.Equal((ModelPullState.Failed, "hub can't be reached.", 4L), (failed.State, failed.Error?.Message, failed.BytesDone));
        _puller.Failure = new InvalidOperationException("a defect at /srv/secret");
        await Tiny.Start(s_tiny);
        Assert.Equal("The pull failed; the log of its silo says more.", (await EndAsync()).Error?.Message);
        _puller.Failure = null;

        await Tiny.Start(s_tiny);

        var ready = await EndAsync();
        Assert.Equal((ModelPullState.Ready, null, 3), (ready.State, ready.Error, _puller.Pulls));
    }

    [Fact]
    public async Task Pull_OfAModelThatIsGoneSince_BeginsAgain()
    {
        await StartAsync();
        await Tiny.Start(s_tiny);
        await EndAsync();
        _world.Models.Has = _world.Models.Has with { Models = [] };

        await Tiny.Start(s_tiny);

        Assert.Equal((ModelPullState.Ready, 2), ((await EndAsync()).State, _puller.Pulls));
    }

    [Fact]
    public async Task Pull_WhoseSiloDies_GoesOnByItself()
    {
        await StartAsync();
        _puller.Gate = new Gate();
        await Tiny.Start(s_tiny);
        await _puller.Gate.Reached;
        await _world.KillAsync();
        _puller.Gate = null;

        // Nobody asks for it: the reminder alone brings it back.
        await StartAsync();

        await _world.WhenAsync(() => Task.FromResult(_puller.Pulls == 2), () => Task.FromResult($"{_puller.Pulls} pulls"));
        Assert.Equal(ModelPullState.Ready, (await EndAsync()).State);
    }

    private async Task StartAsync(bool pulls = true)
    {
        await _world.StartAsync(
            configure: (_, options) => options.BackstopPeriod = TimeSpan.FromMilliseconds(100),
            silo: silo =>
            {
                _reminders.Serve(silo);
                if (pulls)
                {
                    silo.Services.AddSingleton<IModelPuller>(_puller);
                }
            }
        );
        await _world.WhenAnnouncedAsync(1);
    }

    private async Task<ModelPullStatus> EndAsync()
    {
        ModelPullStatus? status = null;
        await _world.WhenAsync(async () => (status = await Tiny.GetStatus()) is not { State: ModelPullState.Pulling }, () => Task.FromResult($"{status}"));
        return status!;
    }

    private static Task<OneShotException> ThrowsAsync(Func<Task> call) => Assert.ThrowsAsync<OneShotException>(call);
}
