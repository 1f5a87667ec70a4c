using System.CommandLine;
using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot dataset run</c>: makes a run of a manifest or a folder, and follows it to its end.</summary>
internal sealed class DatasetRunCommand : OneShotCommand
{
    private readonly DatasetRunOptions _options = new();

    public DatasetRunCommand(CliStreams streams)
        : base(
            "run",
            "Learns the objects of many photos, one job a photo, and reports what came of them.",
            streams,
            "oneshot dataset run --manifest products.jsonl --out out/products",
            "oneshot dataset run --dreambooth dreambooth/dataset --steps 300 --prompt \"a {token} on the beach\" --out out/dreambooth",
            "oneshot dataset run --manifest products.jsonl --parallel 8 --priority -5 --server https://oneshot.example.org --key-file key --out out/products"
        )
    {
        _options.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var target = _options.Session.Resolve(parsed);
        var folder = ResultFolder.Check(parsed.GetRequiredValue(_options.Out));
        var catalog = context.OpenCatalog(target.Data);
        var (named, clip) = (parsed.GetValue(_options.Model), parsed.GetValue(_options.Clip));
        var model = target.Server is null ? ModelChoice.Open(catalog, named, clip) : ModelChoice.OpenShipped(catalog, named, clip);
        var record = Describe(parsed, target, folder) with
        {
            Model = new ModelReference { Name = model?.Entry.Name ?? named ?? ModelCatalog.Default, Clip = model is null ? clip : model.Clip?.Name },
        };
        var items = await RunSource.ReadAsync(context, record, model);
        record = record with { Items = items.Count };
        Require(record);
        if (target.Server is null)
        {
            catalog.Register(model!.Entry);
            if (model.Clip is { } own)
            {
                catalog.Register(own);
            }
        }

        // Before the run is made: who is killed in between makes no second one.
        var records = new RunRecords(target.Data);
        records.Save(record);
        await using var work = await RunWork.OpenAsync(context, target, records, record);
        record = await work.CreateAsync(record);
        context.Say(string.Create(CultureInfo.InvariantCulture, $"Run {record.Id}: {items.Count:N0} items, results go to {folder}."));
        context.Say(
            target.Elsewhere is { } place
                ? $"Ctrl-C ends this command and not the run, which goes on {place}; come back with: oneshot dataset resume{target.AsOption()}"
                : $"Ctrl-C stops it and keeps all that is done; go on with: oneshot dataset resume{target.AsOption()}"
        );
        using var display = DatasetDisplay.Create(context.Streams);
        return await work.FollowAsync(record.Id!, folder, display, token => work.FillAsync(record, model, items, again: false, display, token), isNew: true);
    }

    private static void Require(RunRecord record)
    {
        var request = new DatasetRunRequest
        {
            Name = record.Name,
            Owner = record.Owner ?? "local",
            Items = record.Items,
            Parallel = record.Parallel,
            Priority = record.Priority,
            Metadata = record.Metadata,
        };
        if (DatasetRules.Find(request).FirstOrDefault() is { } problem)
        {
            throw new InvalidInputException($"--{problem.Message}", problem.Field);
        }
    }

    private RunRecord Describe(ParseResult parsed, SessionTarget target, string folder)
    {
        var (manifest, subjects) = (parsed.GetValue(_options.Manifest), parsed.GetValue(_options.DreamBooth));
        if ((manifest is null) == (subjects is null))
        {
            throw new InvalidInputException(
                manifest is null ? "Neither --manifest nor --dreambooth says what the items are." : "--manifest and --dreambooth name two sources of items.",
                "manifest",
                "Give one or the other."
            );
        }

        if (parsed.GetValue(_options.Owner) is not null && target.Server is not null)
        {
            throw new InvalidInputException("--owner can't be chosen over a server: its key says whose the run is.", "owner", "Leave --owner out.");
        }

        var source = Path.TrimEndingDirectorySeparator(Path.GetFullPath((manifest ?? subjects)!));
        return new RunRecord
        {
            Key = IdempotencyKey.New(),
            Name = parsed.GetValue(_options.Name) ?? NameOf(source, manifest is not null),
            Created = DateTimeOffset.UtcNow,
            Place = RunPlace.NameOf(target),
            Manifest = manifest is null ? null : source,
            DreamBooth = subjects is null ? null : source,
            Out = folder,
            Items = 1,
            Owner = parsed.GetValue(_options.Owner),
            Priority = (int)parsed.GetValue(_options.Priority)!.Value,
            Parallel = (int?)parsed.GetValue(_options.Parallel),
            Metadata = _options.Metadata.Read(parsed),
            Model = new ModelReference { Name = ModelCatalog.Default },
            Options = new ItemOptions
            {
                Method = _options.Method.Read(parsed),
                Training = _options.Training.Read(parsed),
                Samples = _options.Samples.Read(parsed),
                Seed = parsed.GetValue(_options.Seed)!.Value,
            },
        };
    }

    /// <summary>A name for a run of a file or a folder: its own, as far as it can be one.</summary>
    /// <param name="path">The path.</param>
    /// <param name="isFile">Whether it has an ending.</param>
    internal static string NameOf(string path, bool isFile)
    {
        var bare = isFile ? Path.GetFileNameWithoutExtension(path) : Path.GetFileName(path);
        var name = new string([.. bare.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')]).TrimStart('-', '_', '.');
        return name.Length == 0 ? "dataset" : name[..Math.Min(name.Length, TextRules.Name)];
    }
}
