using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Silo.Hosting;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot serve</c>: works on jobs until it is asked to stop.</summary>
internal sealed class ServeCommand : OneShotCommand
{
    private readonly SessionOptions _session = new();

    private readonly ListenOptions _listen = new();

    private readonly HealthOptions _health = new();

    private readonly LeaveOptions _leave = new();

    private readonly VolatileRedisOption _volatile = new();

    private readonly UrlsOption _urls = new();

    private readonly WebhookOption _webhooks = new();
    private readonly PullOption _pulls = new();
    private readonly ManagementOption _management = new();

    private readonly Option<string> _role = new ChoiceOption("--role", "all and trainer offer slots, control only orchestrates.", "all", "control", "trainer");

    private readonly Option<long?> _slots = NumberOptions.Whole(
        "--slots",
        1,
        64,
        "Jobs that run at once on this silo. Default: one for each GPU, or one for the processor."
    );

    private readonly Option<long?> _keepModels = NumberOptions.Whole(
        "--keep-models",
        1,
        3650,
        "Days that a model of a cluster's artifact store is kept which no job names and nobody uses. Default: 30. Give all silos the same."
    );

    public ServeCommand(CliStreams streams)
        : base(
            "serve",
            "Works on jobs until it is asked to stop: as a silo of a cluster, or as the owner of a data folder.",
            streams,
            "oneshot serve",
            "oneshot serve --urls http://127.0.0.1:8080 --management-urls http://127.0.0.1:9464",
            "oneshot serve --cluster redis://127.0.0.1:6379 --slots 1 --data /srv/oneshot",
            "oneshot serve --cluster rediss://redis.internal:6379 --bind 10.0.0.5 --silo-port 11111 --gateway-port 30000 --data /srv/oneshot"
        )
    {
        _session.AddTo(this);
        Options.Add(_role);
        Options.Add(_slots);
        Options.Add(_keepModels);
        _listen.AddTo(this);
        _health.AddTo(this);
        _leave.AddTo(this);
        _volatile.AddTo(this);
        _urls.AddTo(this);
        _webhooks.AddTo(this);
        _pulls.AddTo(this);
        _management.AddTo(this);
        this.RequireCluster([_keepModels], "no models are shared");
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var target = _session.Resolve(parsed);
        await using var management = await _management.StartAsync(parsed, context);
        if (target.Redis is null)
        {
            WritableFolder.Require(target.Data);
            await using var session = await JobSession.OpenAsync(
                target,
                SessionMode.Work,
                context.Interrupt,
                _webhooks.Resolve(parsed),
                _pulls.Resolve(parsed)
            );
            if (session.Owner is { } owner)
            {
                context.Say($"Process {owner.ProcessId} works on the jobs of {target.Data} already.");
                return ExitCode.Done;
            }

            await SiloStore.RequireWritableAsync(session.Store, context.Interrupt);
            await using var local = await _urls.StartAsync(parsed, context, target, session.Client, session.Store, session.Silo?.Log);
            management?.HasStarted(ManagementOption.NeedsOf(session.Silo!));
            context.Say($"Ready: works on the jobs of {target.Data}; Ctrl-C stops at a checkpoint.");
            return await WaitAsync(context);
        }

        int? slots = parsed.GetValue(_role) == "control" ? 0 : (int?)parsed.GetValue(_slots);
        var options = new ClusterSiloOptions
        {
            Redis = target.Redis,
            Data = target.Data,
            Slots = slots,
            Listen = _listen.Resolve(parsed),
            Health = _health.Resolve(parsed),
            AllowVolatileRedis = _volatile.Resolve(parsed),
            WebhookAllow = _webhooks.Resolve(parsed),
            AllowPull = _pulls.Resolve(parsed),
            KeepModels = parsed.GetValue(_keepModels) is { } days ? TimeSpan.FromDays(days) : null,
            Waits = context.Say,
        };
        await using var silo = await ClusterSilo.StartAsync(_leave.Apply(parsed, options), context.Interrupt);
        foreach (var notice in silo.Notices)
        {
            context.Say(notice);
        }

        await using var client = silo.OpenClient();
        await using var server = await _urls.StartAsync(parsed, context, target, client, target.OpenStore(), silo.Log);
        management?.HasStarted(ManagementOption.NeedsOf(silo));
        context.Say($"Ready: silo {silo.Address} with {silo.Slots} slots in the cluster {target.ClusterText}; Ctrl-C hands its jobs to other silos.");
        TellHealth(silo, context);
        return await WaitAsync(context, silo);
    }

    /// <summary>Says when the silo takes no jobs, and when it takes them again.</summary>
    private static void TellHealth(ClusterSilo silo, CommandContext context)
    {
        var gate = new Lock();
        string? told = null;
        silo.WhenHealthChanges(Tell);
        Tell();

        void Tell()
        {
            lock (gate)
            {
                // As it is now: several changes may come at once.
                var why = silo.WhyNoJobs;
                if (why == told)
                {
                    return;
                }

                told = why;
                context.Say(why is null ? $"Silo {silo.Address} takes jobs again." : $"Silo {silo.Address} takes no jobs: {why.TrimEnd('.')}.");
            }
        }
    }

    private static async Task<int> WaitAsync(CommandContext context, ClusterSilo? silo = null)
    {
        try
        {
            if (silo is null)
            {
                await Task.Delay(Timeout.Infinite, context.Interrupt);
            }
            else
            {
                await Task.WhenAny(silo.Lost, silo.Leaves).WaitAsync(context.Interrupt);
                if (silo.Leaves.IsCompleted && !silo.Lost.IsCompleted)
                {
                    context.Say($"{await silo.Leaves}: silo {silo.Address} leaves.");
                    return ExitCode.Done;
                }

                var lost = await silo.Lost;
                await silo.AbandonAsync();
                throw new OneShotException(lost);
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to stop: that is how serving ends.
        }

        return ExitCode.Done;
    }
}
