using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>Reads a manifest: a JSON object a line, paths relative to the manifest. All that is wrong with it is found before anything is done.</summary>
/// <param name="path">Absolute path of the manifest.</param>
/// <param name="check">Checks the items.</param>
/// <param name="standard">What items train and draw with that say nothing else.</param>
internal sealed class ManifestFile(string path, ItemCheck check, ItemOptions standard)
{
    /// <summary>Most bytes of a line: more than the longest prompts need.</summary>
    public const int MostLineBytes = 1 << 20;

    /// <summary>Most bytes of a manifest.</summary>
    public const long MostBytes = 1L << 30;

    // A manifest of another kind is wrong in every line; nobody reads a hundred thousand sentences.
    private const int MostBad = 10_000;
    private const int LongestSentence = 300;

    private static readonly ImmutableArray<string> s_fields =
    [
        .. new[]
        {
            typeof(ManifestItem),
            typeof(ManifestObject),
            typeof(ItemOptions),
            typeof(MethodOptions),
            typeof(TrainingOptions),
            typeof(SampleOptions),
            typeof(FanOutOptions),
        }
            .SelectMany(type => type.GetProperties())
            .Select(property => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name))
            .Distinct(),
    ];

    private readonly string _folder = Path.GetDirectoryName(path)!;

    /// <summary>Reads it.</summary>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Its items, and its bad lines.</returns>
    /// <exception cref="InvalidInputException">The file is none, too long, or has no items or too many.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public async Task<DatasetPlan> ReadAsync(CancellationToken cancellationToken)
    {
        var (items, bad, number) = (new List<DatasetItemPlan>(), new List<BadItem>(), 0);
        await using var file = Open();
        await foreach (var line in ReadLinesAsync(file, cancellationToken))
        {
            number++;
            if (line is { IsEmpty: true })
            {
                continue;
            }

            if (Read(line, out var problem) is { } item)
            {
                items.Add(item);
            }
            else if (bad.Count < MostBad)
            {
                bad.Add(new BadItem(string.Create(CultureInfo.InvariantCulture, $"line {number}"), Wording.Cut(problem, LongestSentence)));
            }

            if (items.Count > DatasetRules.MostItems)
            {
                throw Refuse($"The manifest {path} has more than {DatasetRules.MostItems} items.", "Make a run of each part.");
            }
        }

        return items.Count + bad.Count > 0
            ? new DatasetPlan(items, bad)
            : throw Refuse($"The manifest {path} holds no items.", "Write an item a line: {\"id\": ..., \"image\": ..., \"objects\": [...]}.");
    }

    private static InvalidInputException Refuse(string message, string hint) => new(message, "manifest", hint);

    private FileStream Open()
    {
        if (!File.Exists(path))
        {
            throw new InvalidInputException(
                Directory.Exists(path) ? $"The manifest {path} is a folder, not a file." : $"There is no manifest {path}.",
                "manifest",
                "Give a file with a JSON object a line, or a folder of subjects with --dreambooth."
            );
        }

        var file = File.OpenRead(path);
        if (file.Length <= MostBytes)
        {
            return file;
        }

        file.Dispose();
        throw Refuse($"The manifest {path} has more than {MostBytes >> 20} MiB.", "Make a run of each part.");
    }

    /// <summary>The lines; empty ones too. One that is too long comes as its beginning, and longer than a line may be.</summary>
    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadLinesAsync(Stream file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(file, new StreamPipeReaderOptions(leaveOpen: true));
        var isTooLong = false;
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken);
            var rest = result.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                var line = rest.Slice(0, end);
                rest = rest.Slice(rest.GetPosition(1, end));
                if (!isTooLong)
                {
                    yield return Trimmed(line);
                }

                isTooLong = false;
            }

            if (isTooLong || rest.Length > MostLineBytes)
            {
                if (!isTooLong)
                {
                    yield return rest.Slice(0, MostLineBytes + 1).ToArray();
                }

                (isTooLong, rest) = (true, rest.Slice(rest.End));
            }

            if (result.IsCompleted)
            {
                if (!rest.IsEmpty && !isTooLong)
                {
                    yield return Trimmed(rest);
                }

                await reader.CompleteAsync();
                yield break;
            }

            reader.AdvanceTo(rest.Start, result.Buffer.End);
        }
    }

    private static ReadOnlyMemory<byte> Trimmed(ReadOnlySequence<byte> line)
    {
        // A line that is too long is told so by whoever reads it; no more of it need be copied.
        ReadOnlyMemory<byte> bytes = line.Slice(0, Math.Min(line.Length, MostLineBytes + 1)).ToArray();
        return bytes.Length > MostLineBytes ? bytes : bytes.Trim(" \t\r"u8);
    }

    private DatasetItemPlan? Read(ReadOnlyMemory<byte> line, out string problem)
    {
        problem = "";
        try
        {
            return line.Length <= MostLineBytes
                ? Read(StrictJson.Parse(line.Span))
                : throw new InvalidInputException($"It has more than {MostLineBytes >> 10} KiB.");
        }
        catch (UnusableJsonException e)
        {
            problem = $"It {e.Message}.";
        }
        catch (InvalidInputException e)
        {
            problem = e.Hint is { } hint ? $"{e.Message} {hint}" : e.Message;
        }

        return null;
    }

    private DatasetItemPlan Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException("It is no JSON object.", null, "Write {\"id\": ..., \"image\": ..., \"objects\": [...]}.");
        }

        if (StrictJson.FindUnknown<ManifestItem>(root, DocumentJson.Options).FirstOrDefault() is { } unknown)
        {
            var name = FieldPath.Split(unknown).Last();
            var meant = NearestWord.Of(name, s_fields) is { } near ? $"Did you mean {near}?" : null;
            throw new InvalidInputException($"{Wording.Cut(unknown, Wording.LongestItem)} is no field of an item.", unknown, meant);
        }

        var item = StrictJson.Read<ManifestItem>(root, DocumentJson.Options);
        var options = root.TryGetProperty("options", out var own) && own.ValueKind == JsonValueKind.Object ? standard.With(own) : standard;
        if (!item.Prompts.IsDefault)
        {
            if (item.Options is { Samples.Prompts.IsDefaultOrEmpty: false })
            {
                throw new InvalidInputException("It gives prompts twice, in prompts and in options.samples.prompts.", "prompts", "Give them once.");
            }

            options = options with { Samples = options.Samples with { Prompts = item.Prompts } };
        }

        return check.Check(item.Id, PathOf(item.Image, "image"), [.. item.Objects.Select((one, i) => Read(one, i))], options, item.Metadata) with
        {
            Split = item.Split,
        };
    }

    private ObjectArgument Read(ManifestObject one, int index)
    {
        var field = FormattableString.Invariant($"objects[{index}]");
        var value = one.Value is null ? null : MaskValue.Parse(one.Value);
        var why =
            one.Mask is null && one.Box is null ? "needs a mask or a box"
            : one.Mask is not null && one.Box is not null ? "has both a mask and a box; give one or the other"
            : one.Value is not null && value is null ? "has a value that is neither a whole number nor a colour as RRGGBB"
            : one.Mask is null && (one.Invert || value is not null) ? "says how to read a mask, but one is to be made"
            : null;
        if (why is not null)
        {
            throw new InvalidInputException($"{field} {why}.", field);
        }

        return new ObjectArgument(
            one.Mask is { } mask ? PathOf(mask, $"{field}.mask") : null,
            one.Box is { } box ? new MaskPrompt(box, []) : null,
            one.Class,
            one.Token,
            new MaskReading
            {
                Invert = one.Invert,
                Value = value,
                InvertOption = "\"invert\": true",
                ValueOption = "\"value\": ",
            }
        );
    }

    private string PathOf(string text, string field) =>
        text.Length == 0 || text.Contains('\0', StringComparison.Ordinal)
            ? throw new InvalidInputException($"{field} is no path.", field)
            : Path.GetFullPath(text, _folder);
}
