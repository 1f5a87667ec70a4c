using System.Collections.Immutable;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Requests;

/// <summary>
/// Checks a request's ranges, so that a bad one is refused before anything is stored or queued. What needs the model or the files is checked by the trainer.
/// </summary>
public static class RequestValidator
{
    /// <summary>Checks a job's id, which is a name (<see cref="TextRules.IsName"/>).</summary>
    /// <param name="id">The id.</param>
    /// <exception cref="OneShotException">invalid_input.</exception>
    public static void RequireId(string id)
    {
        if (!TextRules.IsName(id))
        {
            throw Refuse(
                new SettingProblem("id", $"'{SettingRules.Shown(id)}' can't be a job's id: use {TextRules.NameForm}, and begin with a letter or a digit.")
            );
        }
    }

    /// <summary>Checks a request.</summary>
    /// <param name="request">The request.</param>
    /// <exception cref="OneShotException">invalid_input: the first field that is out of range, with its value and the range.</exception>
    public static void Require(ImplantationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Find(request).FirstOrDefault() is { } problem)
        {
            throw Refuse(problem);
        }
    }

    /// <summary>Finds every field that is out of range.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The problems, in the order of the fields.</returns>
    public static IEnumerable<SettingProblem> Find(ImplantationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        IEnumerable<SettingProblem>[] all =
        [
            FindInName("name", request.Name),
            FindInText("owner", request.Owner, TextRules.Owner),
            SettingRules.FindInNumbers("", request),
            FindInHash("image", request.Image),
            FindInModel(request.Model),
            FindInObjects(request.Objects),
            SettingRules.Find("method", request.Method),
            SettingRules.Find("training", request.Training),
            SettingRules.Find("samples", request.Samples),
            JobMetadata.Find("metadata", request.Metadata),
        ];
        return all.SelectMany(problems => problems);
    }

    private static IEnumerable<SettingProblem> FindInModel(ModelReference? model) =>
        FindInName("model.name", model?.Name, "it must be the name of a base model, not a path.")
            .Concat(model?.Clip is { } clip ? FindInName("model.clip", clip, "it must be the name of a CLIP, not a path.") : []);

    private static IEnumerable<SettingProblem> FindInObjects(ImmutableArray<ObjectSpec> objects)
    {
        if (objects.IsDefaultOrEmpty)
        {
            return [new SettingProblem("objects", "objects is empty; name at least one object with its mask, class and token.")];
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return objects.Length > TextRules.Objects
            ? [new SettingProblem("objects", $"objects is {objects.Length} objects; it must be from 1 to {TextRules.Objects}.")]
            : objects.SelectMany((one, i) => FindInObject($"objects[{i}]", one, names));
    }

    private static IEnumerable<SettingProblem> FindInObject(string field, ObjectSpec? one, HashSet<string> names)
    {
        if (one is null)
        {
            return [SettingRules.Missing(field)];
        }

        var bare = one.Token is ['<', .. var inside, '>'] ? inside : one.Token;
        var token =
            !TextRules.IsName(bare)
                ? $"{field}.token is '{SettingRules.Shown(one.Token)}'; use {TextRules.NameForm}, in angle brackets or without, such as <cat>."
            : names.Add(bare) ? null
            : $"{field}.token {one.Token} is used by another object already; each needs its own.";
        return FindInText($"{field}.class", one.Class, TextRules.Class)
            .Concat(FindInPlace(field, one))
            .Concat(token is null ? [] : [new SettingProblem($"{field}.token", token)]);
    }

    private static IEnumerable<SettingProblem> FindInPlace(string field, ObjectSpec one) =>
        (one.Mask, one.Box) switch
        {
            ({ } mask, null) => FindInHash($"{field}.mask", mask),
            (null, { } box) => FindInBox($"{field}.box", box),
            (null, null) => [new SettingProblem($"{field}.mask", $"{field} has neither a mask nor a box; it needs one of them.")],
            _ => [new SettingProblem($"{field}.box", $"{field} has a mask and a box; leave one of them out.")],
        };

    // Whether it lies within the photo is seen when that is decoded.
    private static IEnumerable<SettingProblem> FindInBox(string field, ImmutableArray<int> box)
    {
        var problem =
            box is not { IsDefault: false, Length: ObjectSpec.BoxNumbers } ? "it must be four whole numbers: left, top, width, height."
            : box[0] < 0 || box[1] < 0 ? "left and top must be 0 or more."
            : box[2] < 1 || box[3] < 1 ? "width and height must be 1 or more."
            : null;
        var shown = box.IsDefault ? "" : string.Join(", ", box.Take(2 * ObjectSpec.BoxNumbers));
        return problem is null ? [] : [new SettingProblem(field, $"{field} is [{shown}]; {problem}")];
    }

    /// <summary>Finds what is wrong with a name that is a user's to choose.</summary>
    /// <param name="field">The field.</param>
    /// <param name="name">The name.</param>
    /// <returns>The problem, if there is one.</returns>
    internal static IEnumerable<SettingProblem> FindInName(string field, string? name) =>
        FindInName(field, name, $"use {TextRules.NameForm}, and begin with a letter or a digit.");

    /// <summary>Finds what is wrong with a name.</summary>
    /// <param name="field">The field.</param>
    /// <param name="name">The name.</param>
    /// <param name="rule">What it must be, the end of a sentence.</param>
    /// <returns>The problem, if there is one.</returns>
    internal static IEnumerable<SettingProblem> FindInName(string field, string? name, string rule) =>
        TextRules.IsName(name) ? [] : [new SettingProblem(field, $"{field} is '{SettingRules.Shown(name)}'; {rule}")];

    /// <summary>Finds what is wrong with the hash of a file.</summary>
    /// <param name="field">The field.</param>
    /// <param name="hash">The hash.</param>
    /// <returns>The problem, if there is one.</returns>
    internal static IEnumerable<SettingProblem> FindInHash(string field, string? hash) =>
        hash is { Length: 64 } && hash.All(char.IsAsciiHexDigitLower)
            ? []
            :
            [
                new SettingProblem(
                    field,
                    $"{field} is '{SettingRules.Shown(hash)}'; it must be the SHA-256 of an uploaded file, 64 lower-case hexadecimal digits."
                ),
            ];

    /// <summary>Finds what is wrong with a text that people write.</summary>
    /// <param name="field">The field.</param>
    /// <param name="text">The text.</param>
    /// <param name="most">Longest length, in UTF-16 units.</param>
    /// <returns>The problem, if there is one.</returns>
    internal static IEnumerable<SettingProblem> FindInText(string field, string? text, int most)
    {
        var problem =
            string.IsNullOrWhiteSpace(text) ? $"{field} is empty; it needs 1 to {most} characters."
            : text.Length > most ? $"{field} has {text.Length} characters; at most {most} are allowed."
            : text.Any(char.IsControl) ? $"{field} holds control characters; leave them out."
            : null;
        return problem is null ? [] : [new SettingProblem(field, problem)];
    }

    /// <summary>The error of a field at fault.</summary>
    /// <param name="problem">The field, and what is wrong.</param>
    /// <returns>invalid_input.</returns>
    internal static OneShotException Refuse(SettingProblem problem) => new(new ErrorDetail(ErrorCodes.InvalidInput, problem.Message, problem.Field));
}
