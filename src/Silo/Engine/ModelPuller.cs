using System.Collections.Immutable;
using System.IO.Enumeration;
using OrleansOneShot.Client.Models;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.Grains.Models;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Engine;

/// <summary>
/// Pulls models into this silo's data folder as <c>oneshot models pull</c> does, and sends them to the cluster's store from there. The host is the operator's,
/// whatever callers ask for.
/// </summary>
/// <param name="data">Where models arrive.</param>
/// <param name="shared">The store that all silos share; null: there is no other silo.</param>
/// <param name="options">The host and its limits.</param>
/// <param name="allowed">Patterns of the repositories that may be pulled.</param>
internal sealed class ModelPuller(DataFolder data, IArtifactStore? shared, ModelPullOptions options, ImmutableArray<string> allowed) : IModelPuller
{
    private const string Again = "Ask for the same pull again: it goes on where it stopped.";

    /// <inheritdoc/>
    public void Require(string name, ModelPullRequest wanted)
    {
        if (ModelUploadRules.FindInName(name).FirstOrDefault() is { } problem)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, problem.Message, problem.Field, "Give it another name."));
        }

        try
        {
            ModelPull.Require(wanted.Repository, OptionsOf(name, wanted));
        }
        catch (InvalidInputException e)
        {
            throw Translate(e);
        }

        if (!allowed.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, wanted.Repository, ignoreCase: false)))
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Forbidden,
                    $"This server does not pull {wanted.Repository}; it pulls {Wording.List(allowed)}.",
                    "repository",
                    "Its operator allows more with: oneshot serve --allow-pull; or upload the model."
                )
            );
        }
    }

    /// <inheritdoc/>
    public async Task PullAsync(string name, ModelPullRequest wanted, IProgress<TransferProgress> progress, CancellationToken cancellationToken)
    {
        // The operator may have changed his mind since it was asked for.
        Require(name, wanted);
        try
        {
            var pulled = await ModelPull.RunAsync(data, wanted.Repository, OptionsOf(name, wanted), progress, cancellationToken);
            if (shared is not null)
            {
                await new ModelTransfer(shared).SendAsync(new LocalModel(pulled.Entry), name, progress: null, cancellationToken);
            }
        }
        catch (InvalidInputException e)
        {
            throw Translate(e);
        }
        catch (OneShotException e)
        {
            throw Translate(e);
        }
        catch (IOException e)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, $"The model {name} could not be kept: {e.Message}", "repository", Again), e);
        }
    }

    private ModelPullOptions OptionsOf(string name, ModelPullRequest wanted) =>
        options with
        {
            Name = name,
            Revision = wanted.Revision,
            PrefersHalf = wanted.Fp16,
        };

    private static OneShotException Translate(InvalidInputException e) => new(new ErrorDetail(ErrorCodes.InvalidInput, e.Message, FieldOf(e.Field), e.Hint), e);

    // What ModelHub says, it says to those who type.
    private static OneShotException Translate(OneShotException e) =>
        new(
            e.Detail with
            {
                Field = FieldOf(e.Detail.Field),
                Hint = e.Code switch
                {
                    ErrorCodes.Unavailable => Again,
                    ErrorCodes.NotFound => "Check repository and revision.",
                    ErrorCodes.Conflict => "Give it another name.",
                    _ => e.Detail.Hint,
                },
            },
            e
        );

    private static string? FieldOf(string? field) => field is "repo" or "base-url" ? "repository" : field;
}
