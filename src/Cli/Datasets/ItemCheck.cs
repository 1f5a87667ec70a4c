using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>Checks items as <c>implant</c> checks its command line, but for what lies in the pictures.</summary>
/// <param name="model">Name of the base model, as jobs will name it.</param>
/// <param name="opened">The model; null where only a server has it.</param>
internal sealed class ItemCheck(string model, ModelChoice? opened)
{
    // Stands for files that are not read yet.
    private static readonly string s_noHash = new('0', 64);

    private readonly HashSet<string> _ids = new(StringComparer.OrdinalIgnoreCase);

    // What depends on the model is checked by reading its files: once for all items that are alike. Identifiers take up as much room whatever they are called.
    private readonly HashSet<string> _fit = new(StringComparer.Ordinal);

    /// <summary>Checks an item.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="image">Absolute path of its photo.</param>
    /// <param name="objects">Its objects, their masks' paths absolute.</param>
    /// <param name="options">
    /// Its options. In prompts <c>{token}</c> stands for the first object's identifier, and <c>{class}</c> for its class name.
    /// </param>
    /// <param name="metadata">What to find its job by; null: nothing.</param>
    /// <param name="notes">What was noticed already.</param>
    /// <returns>The item.</returns>
    /// <exception cref="InvalidInputException">It can't be; the sentence says why.</exception>
    public DatasetItemPlan Check(
        string id,
        string image,
        IReadOnlyList<ObjectArgument> objects,
        ItemOptions options,
        IReadOnlyDictionary<string, string>? metadata = null,
        IEnumerable<string>? notes = null
    )
    {
        Require(DatasetRules.FindInId("id", id));
        if (!_ids.Add(id))
        {
            throw new InvalidInputException($"The id {id} is another item's already (upper and lower case are the same).", "id", "Each item needs its own.");
        }

        RequireFile(image, "photo");
        foreach (var path in objects.Select(one => one.Mask).OfType<string>())
        {
            RequireFile(path, "mask");
        }

        var classes = objects.Select(one => ClassName.Check(one.Class)).ToList();
        string?[] given = [.. objects.Select(one => one.Token)];
        var tokens = Identifiers.Choose(given, classes);
        var texts = PromptTexts.Read(options.Samples.Prompts.Select(prompt => Fill(prompt, tokens, classes)), "prompts", tokens, refuses: true);
        options = options with { Samples = options.Samples with { Prompts = [.. texts.Prompts] } };
        var request = new ImplantationRequest
        {
            Name = id,
            Image = s_noHash,
            Seed = options.Seed,
            Objects =
            [
                .. classes.Zip(
                    tokens,
                    (name, token) =>
                        new ObjectSpec
                        {
                            Class = name,
                            Token = token,
                            Mask = s_noHash,
                        }
                ),
            ],
            Model = new ModelReference { Name = model },
            Method = options.Method,
            Training = options.Training,
            Samples = options.Samples,
            Metadata = metadata ?? JobMetadata.None(),
        };
        Require(RequestValidator.Find(request));
        Require(DatasetRules.FindReserved("metadata", request.Metadata));
        CheckModel(classes, tokens, options);
        return new DatasetItemPlan
        {
            Id = id,
            Image = image,
            Objects = objects,
            Classes = classes,
            Tokens = tokens,
            Options = options,
            Metadata = request.Metadata,
            Notes = [.. notes ?? [], .. Identifiers.Notes(given, classes, tokens), .. texts.Notes],
        };
    }

    private static string Fill(string prompt, List<string> tokens, List<string> classes) =>
        tokens.Count == 0 ? prompt : prompt.Replace("{token}", tokens[0], StringComparison.Ordinal).Replace("{class}", classes[0], StringComparison.Ordinal);

    private static void Require(IEnumerable<SettingProblem> problems)
    {
        if (problems.FirstOrDefault() is { } problem)
        {
            throw new InvalidInputException(problem.Message, problem.Field);
        }
    }

    private static void RequireFile(string path, string what)
    {
        if (Directory.Exists(path))
        {
            throw new InvalidInputException($"The {what} {path} is a folder, not a file.", what);
        }

        if (!File.Exists(path))
        {
            throw new InvalidInputException(LinkedFile.Missing(path), what);
        }
    }

    private void CheckModel(IReadOnlyList<string> classes, IReadOnlyList<string> tokens, ItemOptions options)
    {
        if (opened is null)
        {
            return;
        }

        foreach (var token in tokens)
        {
            opened.CheckToken(token);
        }

        var (method, training, samples) = (options.Method, options.Training, options.Samples);
        var key = FormattableString.Invariant(
            $"{method.Vectors}|{method.Prototype}|{method.ClassLoss}|{training.Resolution}|{samples.Scheduler}|{samples.Steps}|{samples.PerPrompt > 0}|"
        );
        key += string.Join('|', classes);
        if (!_fit.Contains(key))
        {
            ImplantPlan.CheckModel(opened, classes, tokens, method, training, samples);
            _fit.Add(key);
        }
    }
}
