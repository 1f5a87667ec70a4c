using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.ModelHub;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot models list</c>.</summary>
internal sealed class ModelsListCommand : OneShotCommand
{
    private readonly DataOption _data = new();

    public ModelsListCommand(CliStreams streams)
        : base(
            "list",
            "Lists known models: the shipped ones, those that were fetched or converted, folders that were given by path, and those of the Hugging Face cache.",
            streams,
            "oneshot models list"
        )
    {
        Options.Add(_data);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var models = new ModelCatalog(_data.Resolve(parsed))
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

        return Task.FromResult(ExitCode.Done);
    }
}
