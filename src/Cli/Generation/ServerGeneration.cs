using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Client;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;
using Drawn = OrleansOneShot.Client.Generations.Generation;

namespace OrleansOneShot.Cli.Generation;

/// <summary><c>generate</c> over a server: a job that it draws, followed from here; the pictures are fetched at its end.</summary>
internal static class ServerGeneration
{
    /// <summary>What of a command line only this machine can do.</summary>
    /// <param name="options">The options.</param>
    /// <param name="parsed">Their values.</param>
    /// <returns>The refusal, should it go to a server all the same; null: a server can do all of it.</returns>
    public static InvalidInputException? FindLocal(GenerateOptions options, ParseResult parsed)
    {
        var drawn = options.Generation.Read(parsed);
        var most = Setting.Of<SampleOptions>(samples => samples.PerPrompt).Range!.Most.ToInt64(null);
        (string Option, bool IsGiven, string Why, string Hint)[] all =
        [
            (
                "lora",
                parsed.GetValue(options.Loras) is { Length: > 0 },
                "lies on this machine",
                "Draw here without --server, or take a job of the server's with --implantation ID."
            ),
            (
                "embedding",
                parsed.GetValue(options.Embeddings) is { Length: > 0 },
                "lies on this machine",
                "Draw here without --server, or take a job of the server's with --implantation ID."
            ),
            ("latents", parsed.GetValue(options.Latents) is not null, "lies on this machine", "Draw here without --server, or leave --latents out."),
            (
                "count",
                drawn.Count > most,
                $"is {drawn.Count}, and a server draws {most} pictures of a prompt at most",
                $"Give --count {most} or less, or draw here without --server."
            ),
            (
                "width",
                drawn.Width is not null,
                "can't be chosen over a server, which draws in the model's own size",
                "Leave --width out, or draw here without --server."
            ),
            (
                "height",
                drawn.Height is not null,
                "can't be chosen over a server, which draws in the model's own size",
                "Leave --height out, or draw here without --server."
            ),
            (
                "precision",
                drawn.Precision != default,
                "can't be chosen over a server, which takes its own",
                "Leave --precision out, or draw here without --server."
            ),
            (
                "device",
                drawn.Device != Defaults.Device,
                "can't be chosen over a server, which gives the job a slot",
                "Leave --device out, or draw here without --server."
            ),
        ];
        if (all.FirstOrDefault(one => one.IsGiven) is { Option: { } option } refused)
        {
            return new InvalidInputException($"--{option} {refused.Why}.", option, refused.Hint);
        }

        return parsed.GetValue(options.Implantation) is { } given && (!JobId.IsValid(given) || Directory.Exists(given))
            ? new InvalidInputException(
                $"--implantation {given} is no id of a job, and a server knows implantations by their ids alone.",
                "implantation",
                "Give an id that oneshot jobs list shows of the server, or draw here without --server."
            )
            : null;
    }

    /// <summary>Submits the job, follows it, and fetches its pictures.</summary>
    /// <param name="options">The options.</param>
    /// <param name="parsed">Their values.</param>
    /// <param name="target">The server.</param>
    /// <param name="context">The command.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    /// <exception cref="Documents.Errors.OneShotException">The server refuses it, or the job failed or was cancelled.</exception>
    public static async Task<int> RunAsync(GenerateOptions options, ParseResult parsed, SessionTarget target, CommandContext context)
    {
        var folder = ResultFolder.Check(parsed.GetRequiredValue(options.Out));
        if (parsed.GetValue(options.Model) is { } model)
        {
            ModelChoice.RequireName(model, "model");
        }

        var session = await LastingSession.OpenAsync(target, SessionMode.Look, context.Interrupt);
        Drawn generation;
        string id;
        try
        {
            generation = await PlanAsync(options, parsed, session.Current.Api, context);
            id = (await session.Current.Api.GenerateAsync(generation, context.Interrupt)).Id;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }

        context.Say($"Job {id}");
        await JobStart.TellAsync(context, session, id, folder);
        return await JobEnd.FollowAsync(context, session, id, folder, write: status => Write(context, (GenerationStatus)status, folder));
    }

    private static async Task<Drawn> PlanAsync(GenerateOptions options, ParseResult parsed, IOneShotClient client, CommandContext context)
    {
        ImplantationRequest? trained = null;
        if (parsed.GetValue(options.Implantation) is { } given)
        {
            trained = (await client.GetImplantation(given).GetStatusAsync(context.Interrupt)).Request;
        }

        List<string> known = [.. (trained?.Objects ?? []).Select(item => item.Token)];
        var prompts = PromptTexts.Read(parsed.GetValue(options.Prompts) ?? [], "prompt", known);
        var negative = PromptTexts.Read([parsed.GetValue(options.Negative) ?? ""], "negative", known);
        foreach (var note in (string[])[.. prompts.Notes, .. prompts.Foreign, .. negative.Notes, .. negative.Foreign])
        {
            context.Say(note);
        }

        var drawn = options.Generation.Read(parsed);
        return new Drawn(prompts.Prompts)
        {
            Implantations = parsed.GetValue(options.Implantation) is { } id ? [new ImplantationReference { Id = id }] : [],
            Model = parsed.GetValue(options.Model) ?? trained?.Model.Name,
            NegativePrompt = negative.Prompts[0],
            PerPrompt = drawn.Count ?? 1,
            Scheduler = drawn.Scheduler,
            Steps = drawn.Steps,
            GuidanceScale = drawn.GuidanceScale,
            PersonalizationGuidance = drawn.PersonalizationGuidance,
            Seed = drawn.Seed,
        };
    }

    private static void Write(CommandContext context, GenerationStatus status, string folder)
    {
        List<JobFile> pictures = [.. status.Files.Where(file => file.Path.EndsWith(".png", StringComparison.Ordinal))];
        if (context.Json)
        {
            context.Write(new GenerationDocument(pictures, Math.Round(status.Seconds, 3), Settings(status.Request)) { Id = status.Id });
            return;
        }

        foreach (var picture in pictures)
        {
            context.Streams.Output.WriteLine(Path.Combine(folder, picture.Path));
        }
    }

    private static JsonObject Settings(GenerationRequest request)
    {
        var settings = new JsonObject
        {
            ["model"] = request.Model.Name,
            ["prompts"] = new JsonArray([.. request.Prompts.Select(prompt => (JsonNode)prompt)]),
            ["negative"] = request.NegativePrompt,
            ["implantations"] = new JsonArray([.. request.Implantations.Select(one => (JsonNode)new JsonObject { ["id"] = one.Id, ["scale"] = one.Scale })]),
            ["steps"] = request.Steps,
            ["scheduler"] = request.Scheduler,
            ["guidance"] = request.GuidanceScale,
            ["seed"] = request.Seed,
            ["count"] = request.PerPrompt,
        };
        if (request.PersonalizationGuidance is { } scale)
        {
            settings["personalization_guidance"] = scale;
        }

        return settings;
    }
}
