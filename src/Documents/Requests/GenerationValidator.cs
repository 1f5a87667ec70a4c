using System.Collections.Immutable;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Requests;

/// <summary>Checks a generation's ranges before anything is stored or queued, by the rules of an implantation's samples.</summary>
public static class GenerationValidator
{
    private const string PerPrompt = "per_prompt";

    /// <summary>Checks a request.</summary>
    /// <param name="request">The request.</param>
    /// <exception cref="OneShotException">invalid_input: the first field that is out of range, with its value and the range.</exception>
    public static void Require(GenerationRequest request)
    {
        if (Find(request).FirstOrDefault() is { } problem)
        {
            throw RequestValidator.Refuse(problem);
        }
    }

    /// <summary>Finds every field that is out of range.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The problems, in the order of the fields.</returns>
    public static IEnumerable<SettingProblem> Find(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        IEnumerable<SettingProblem>[] all =
        [
            RequestValidator.FindInName("name", request.Name),
            RequestValidator.FindInText("owner", request.Owner, TextRules.Owner),
            SettingRules.FindInNumbers("", request),
            FindInModel(request.Model),
            FindInImplantations(request.Implantations),
            SettingRules.Find("", request.ToSamples()),
            FindInPictures(request),
            FindInNegative(request.NegativePrompt),
            JobMetadata.Find("metadata", request.Metadata),
        ];
        return all.SelectMany(problems => problems);
    }

    private static IEnumerable<SettingProblem> FindInModel(ModelReference? model) =>
        RequestValidator
            .FindInName("model.name", model?.Name, "it must be the name of a base model, not a path.")
            .Concat(
                model?.Clip is null
                    ? []
                    : [new SettingProblem("model.clip", "model.clip measures what was learned, and a generation measures nothing; leave it out.")]
            );

    private static IEnumerable<SettingProblem> FindInImplantations(ImmutableArray<ImplantationReference> implantations)
    {
        if (implantations.IsDefault)
        {
            return [SettingRules.Missing("implantations")];
        }

        var ids = new HashSet<string>(StringComparer.Ordinal);
        return implantations.Length > GenerationRequest.MostImplantations
            ?
            [
                new SettingProblem(
                    "implantations",
                    $"implantations has {implantations.Length} entries; it must be from 0 to {GenerationRequest.MostImplantations}."
                ),
            ]
            : implantations.SelectMany((one, i) => FindInImplantation($"implantations[{i}]", one, ids));
    }

    private static IEnumerable<SettingProblem> FindInImplantation(string field, ImplantationReference? one, HashSet<string> ids) =>
        one is null ? [SettingRules.Missing(field)]
        : !TextRules.IsName(one.Id)
            ? [new SettingProblem($"{field}.id", $"{field}.id is '{SettingRules.Shown(one.Id)}'; it must be the id of an implantation that has succeeded.")]
        : !ids.Add(one.Id) ? [new SettingProblem($"{field}.id", $"{field}.id is {one.Id}, which stands before already; name each implantation once.")]
        : SettingRules.FindInNumbers(field, one);

    private static IEnumerable<SettingProblem> FindInPictures(GenerationRequest request)
    {
        if (request.Prompts is { IsDefault: false, IsEmpty: true })
        {
            yield return new SettingProblem("prompts", "prompts is empty; say what the pictures show in at least one.");
        }

        if (request.PerPrompt == 0)
        {
            yield return new SettingProblem(PerPrompt, $"{PerPrompt} is 0; ask for 1 picture or more of each prompt.");
        }

        if (request.Prompts is { IsDefault: false } prompts && (long)prompts.Length * request.PerPrompt > GenerationRequest.MostPictures)
        {
            yield return new SettingProblem(
                PerPrompt,
                $"{PerPrompt} is {request.PerPrompt}, which makes {(long)prompts.Length * request.PerPrompt} pictures of all prompts; at most "
                    + $"{GenerationRequest.MostPictures} are drawn at once."
            );
        }
    }

    private static IEnumerable<SettingProblem> FindInNegative(string? text) =>
        text is null ? [SettingRules.Missing("negative_prompt")]
        : text.Length > TextRules.Prompt
            ? [new SettingProblem("negative_prompt", $"negative_prompt has {text.Length} characters; at most {TextRules.Prompt} are allowed.")]
        : [];
}
