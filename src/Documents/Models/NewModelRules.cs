using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Models;

/// <summary>What can be asked of a server that lacks a model. Which repositories it pulls is its operator's word, and told by the server alone.</summary>
public static class NewModelRules
{
    /// <summary>Finds everything that is wrong.</summary>
    /// <param name="model">The model.</param>
    /// <returns>The problems, in the order of the fields.</returns>
    public static IEnumerable<SettingProblem> Find(NewModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Repository is null ? FindInUpload(model) : FindInPull(model);
    }

    /// <summary>The name that a model gets.</summary>
    /// <param name="model">The model.</param>
    /// <returns>Its own, else the last part of its repository's.</returns>
    public static string NameOf(NewModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Name ?? model.Repository?[(model.Repository.LastIndexOf('/') + 1)..] ?? "";
    }

    private static IEnumerable<SettingProblem> FindInUpload(NewModel model) =>
        ModelUploadRules
            .Find(ToUpload(model))
            .Concat(
                model.Revision is not null || model.Fp16
                    ? [new SettingProblem("repository", "repository is missing: revision and fp16 are of a pull.")]
                    : Array.Empty<SettingProblem>()
            );

    private static IEnumerable<SettingProblem> FindInPull(NewModel model)
    {
        foreach (var problem in model.Name is null ? [] : ModelUploadRules.FindInName(model.Name))
        {
            yield return problem;
        }

        if (model.Name is null && !ModelUploadRules.IsName(NameOf(model)))
        {
            yield return new SettingProblem(
                "repository",
                $"repository is '{SettingRules.Shown(model.Repository!)}', whose last part can't name a model: write OWNER/NAME, or give name as well."
            );
        }

        if (!model.Files.IsDefaultOrEmpty)
        {
            yield return new SettingProblem("files", "files is of an upload, and repository of a pull: give one of them.");
        }
    }

    /// <summary>An upload's own document.</summary>
    /// <param name="model">A model without a repository.</param>
    /// <returns>The upload.</returns>
    public static ModelUpload ToUpload(NewModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new ModelUpload { Name = model.Name ?? "", Files = model.Files };
    }
}
