using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client.Models;
using OrleansOneShot.Compute;
using OrleansOneShot.ModelHub;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot models push</c>.</summary>
internal sealed class ModelsPushCommand : OneShotCommand
{
    private readonly Argument<string> _model = new("MODEL") { Description = "A known model's name, or the path of a diffusers folder or of a CLIP." };

    private readonly Option<string?> _name = new("--name")
    {
        Description = "The model's name in the cluster (default: the folder's name and a hash of its files).",
        HelpName = "N",
    };

    private readonly SessionOptions _session = new(server: true);

    public ModelsPushCommand(CliStreams streams)
        : base(
            "push",
            "Puts a model into a cluster's artifact store, from where its silos fetch it; through a server in parts. What is there already is not sent again.",
            streams,
            "oneshot models push sd15 --name sd15 --cluster redis://127.0.0.1:6379",
            "oneshot models push ~/models/my-sd15 --cluster redis://127.0.0.1:6379",
            "oneshot models push ~/models/my-sd15 --name my-sd15 --server https://oneshot.example.org --key-file admin-key"
        )
    {
        Arguments.Add(_model);
        Options.Add(_name);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var clock = Stopwatch.StartNew();
        var target = _session.Resolve(parsed);
        if (target.Elsewhere is null)
        {
            throw new InvalidInputException(
                "--cluster is missing, and --server: without a cluster there is nobody to send a model to.",
                "cluster",
                "Give the cluster's Redis with --cluster redis://HOST:PORT, or a server with --server URL and a key of the scope admin with --key-file F."
            );
        }

        var entry = context.OpenCatalog(target.Data).Find(parsed.GetRequiredValue(_model));
        var local = new LocalModel(entry);
        var model = await SendAsync(target, local, parsed.GetValue(_name), context);
        if (context.Json)
        {
            context.Write(new PushedModelDocument(model.Name, KindText.Of(local.Kind), model.Files, model.Sent, Math.Round(clock.Elapsed.TotalSeconds, 3)));
        }
        else
        {
            context.Say(string.Create(CultureInfo.InvariantCulture, $"{model.Files.Count} files, {model.Sent / 1e6:0.0} MB sent; silos know it by this name:"));
            context.Streams.Output.WriteLine(model.Name);
        }

        return ExitCode.Done;
    }

    private static async Task<SentModel> SendAsync(SessionTarget target, LocalModel model, string? name, CommandContext context)
    {
        var progress = new PullDisplay(context.Streams);
        if (target.Server is not { } server)
        {
            // The store alone takes part: no silo need run.
            return await new ModelTransfer(target.OpenStore()).SendAsync(model, name, progress, context.Interrupt);
        }

        await using var transport = server.Open();
        return await transport.Models.SendAsync(model, name, progress, context.Interrupt);
    }
}
