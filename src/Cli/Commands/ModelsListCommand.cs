using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.ModelHub;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot models list</c>.</summary>
internal sealed class ModelsListCommand : OneShotCommand
{
    private readonly SessionOptions _session = new(server: true);

    public ModelsListCommand(CliStreams streams)
        : base(
            "list",
            "Lists known models: the shipped ones, those that were fetched or converted, folders that were given by path, and those of the Hugging Face cache. "
                + "Of a cluster or a server: the models that its jobs can name.",
            streams,
            "oneshot models list",
            "oneshot models list --server https://oneshot.example.org --key-file key"
        )
    {
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var target = _session.Resolve(parsed);
        if (target.Elsewhere is not null)
        {
            Show(await Look.ApiAsync(target, client => client.Models.ListAsync(context.Interrupt), context.Interrupt), context);
            return ExitCode.Done;
        }

        var models = new ModelCatalog(target.Data)
            .List()
            .Select(entry => new ModelDocument(
                entry.Name,
                entry.Folder,
                entry.Shipped,
                entry.Shipped && entry.Name == ModelCatalog.Default,
                KindText.Of(entry.Kind)
            ))
            .Concat(
                HubCache.List().Select(found => new ModelDocument(found.Repository, found.Folder, Shipped: false, Default: false, KindText.Of(ModelKind.Base)))
            )
            .ToList();
        if (context.Json)
        {
            context.Write(new ModelListDocument(models));
        }
        else
        {
            foreach (var model in models)
            {
                context.Streams.Output.WriteLine($"{model.Name}  {model.Path}{(model.Default ? "  (default)" : model.Kind == "clip" ? "  (for --clip)" : "")}");
            }
        }

        return ExitCode.Done;
    }

    private static void Show(ImmutableArray<KnownModel> models, CommandContext context)
    {
        if (context.Json)
        {
            context.Write(new KnownModelListDocument(models));
            return;
        }

        foreach (var model in models)
        {
            var where =
                model.Shipped ? "shipped"
                : model.Shared ? "shared"
                : string.Create(CultureInfo.InvariantCulture, $"on {model.Silos} silos");
            var size = model.Bytes is { } bytes ? string.Create(CultureInfo.InvariantCulture, $"  {bytes / 1e6:0.0} MB") : "";
            context.Streams.Output.WriteLine($"{model.Name}  {where}{size}");
        }

        context.Say(models.Length == 0 ? "There are no models. Send one with: oneshot models push MODEL" : "");
    }
}
