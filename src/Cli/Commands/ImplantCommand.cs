using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.ModelHub;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot implant</c>: submits a job and follows it to its end.</summary>
internal sealed class ImplantCommand : OneShotCommand
{
    private readonly ImplantOptions _options = new();

    public ImplantCommand(CliStreams streams)
        : base(
            "implant",
            "Learns the objects of one photo, and draws them.",
            streams,
            "oneshot implant --image samples/cat.png --mask samples/cat-mask.png --class cat --prompt \"a <cat> on the beach\" --out out/cat",
            "oneshot implant --image photo.jpg --mask mask.png --class \"teddy bear\" --token \"<ted>\" --model ~/models/sd15 --clip "
                + "~/models/clip-vit-large-patch14 --out out/ted",
            "oneshot implant --image samples/cat.png --box 40,20,180,220 --class cat --out out/cat",
            "oneshot implant --image samples/scene-fox-ball.png --object mask=samples/scene-fox-ball-fox-mask.png,class=fox --object "
                + "mask=samples/scene-fox-ball-ball-mask.png,class=ball --out out/fox",
            "oneshot implant --image photo.jpg --mask mask.png --class cat --server https://oneshot.example.org --key-file key --out out/cat",
            "oneshot implant --image photo.jpg --mask mask.png --class cat --detach --priority 5 --metadata project=cats",
            "oneshot implant --image photo.jpg --mask mask.png --class cat --dry-run"
        )
    {
        _options.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var target = _options.Session.Resolve(parsed);
        var data = target.Data;
        var detaches = parsed.GetValue(_options.Detach) && !parsed.GetValue(_options.DryRun);
        CheckPlace(target, detaches, parsed.GetValue(_options.Out), parsed.GetValue(_options.Owner));
        var catalog = context.OpenCatalog(data);
        var plan = await LoneWork.RunAsync(() => ImplantPlan.Make(_options, parsed, catalog, target.Server is not null, context.Interrupt), context.Interrupt);
        foreach (var note in plan.Notes)
        {
            context.Say(note);
        }

        if (plan.Request.Training.Rank == 1)
        {
            context.Say("A LoRA of rank 1 is ignored by stable-diffusion.cpp, without a word; if the result is for it, use --rank 2 or more.");
        }

        if (parsed.GetValue(_options.DryRun))
        {
            var estimate = await JobEstimate.AskAsync(context, target, plan);
            if (context.Json)
            {
                context.Write(estimate);
            }
            else
            {
                JobEstimate.Tell(context, estimate);
            }

            return ExitCode.Done;
        }

        if (target.Server is null)
        {
            Register(catalog, plan.RequireModel());
        }

        var session = await LastingSession.OpenAsync(target, SessionMode.Work, context.Interrupt);
        string id;
        try
        {
            id = await JobSubmission.RunAsync(context, session, plan);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }

        if (detaches)
        {
            return await DetachAsync(context, session, id);
        }

        context.Say(session.Current.Owner is { } owner ? $"Job {id}, on process {owner.ProcessId} which owns {data}" : $"Job {id}");
        await JobStart.TellAsync(context, session, id, plan.Out);
        return await JobEnd.FollowAsync(context, session, id, plan.Out);
    }

    private static void CheckPlace(SessionTarget target, bool detaches, string? folder, string? owner)
    {
        if (owner is not null && target.Server is not null)
        {
            throw new InvalidInputException("--owner can't be chosen over a server: its key says whose the job is.", "owner", "Leave --owner out.");
        }

        if (!detaches)
        {
            return;
        }

        if (folder is not null)
        {
            throw new InvalidInputException(
                "--detach does not wait for the result, which --out is to get.",
                "out",
                "Leave --out out, and fetch the result later with: oneshot jobs download ID --out DIR"
            );
        }

        if (target.Elsewhere is null && !JobSession.HasWorker(target.Data))
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Unavailable,
                    $"--detach leaves the job to a process that stays, and none works on the data folder {target.Data}.",
                    "detach",
                    $"Start one first with: oneshot serve{target.Data.AsOption()}"
                )
            );
        }
    }

    private static async Task<int> DetachAsync(CommandContext context, LastingSession session, string id)
    {
        await using (session)
        {
            var status = await session.AskAsync((asked, token) => asked.GetJob(id).GetStatusAsync(token).WaitAsync(token), context.Interrupt);
            if (context.Json)
            {
                context.Write(JobDocument.Of(status, folder: null));
            }
            else
            {
                context.Streams.Output.WriteLine(id);
            }

            context.Say(JobEnd.HowToGoOn(id, session.Current.Target));
            return ExitCode.Done;
        }
    }

    private static void Register(ModelCatalog catalog, ModelChoice model)
    {
        catalog.Register(model.Entry);
        if (model.Clip is { } clip)
        {
            catalog.Register(clip);
        }
    }
}
