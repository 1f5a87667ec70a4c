using System.Collections.Immutable;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>What is a generation's own: how it is asked for, and the implantations that it draws with. All else it shares with implantations.</summary>
internal sealed partial class ImplantationGrain
{
    private JobKind Kind => _state.Generation is null ? JobKind.Implantation : JobKind.Generation;

    /// <summary>The state whose steps are the job's.</summary>
    private JobState Working => Kind == JobKind.Generation ? JobState.Sampling : JobState.Training;

    // States of implantations that were stored as JSON have none.
    private ImmutableArray<GenerationSource> Sources => _state.Sources.IsDefault ? [] : _state.Sources;

    async Task<GenerationStatus> IGenerationGrain.Submit(GenerationRequest request, CancellationToken cancellationToken)
    {
        RequestValidator.RequireId(Id);
        GenerationValidator.Require(request);
        RequireNoForeignRun(request);
        await SubmitAsync(
            request,
            async () => new ImplantationState { Generation = request, Sources = await FindSourcesAsync(request, cancellationToken) },
            cancellationToken
        );
        return GenerationStatus();
    }

    async Task<GenerationStatus?> IGenerationGrain.GetStatus()
    {
        if (_state.Generation is null)
        {
            return null;
        }
        await RequireCurrentAsync();
        var status = GenerationStatus();
        return status with { Waiting = await ExplainAsync() ?? status.Waiting };
    }

    async Task<GenerationStatus> IGenerationGrain.Cancel()
    {
        if (_state.Generation is null)
        {
            throw NoSuchJob();
        }
        await CancelAsync();
        return GenerationStatus();
    }

    /// <summary>The implantations that a generation names, as they are now. Others' are not there.</summary>
    private async Task<ImmutableArray<GenerationSource>> FindSourcesAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        var sources = ImmutableArray.CreateBuilder<GenerationSource>(request.Implantations.Length);
        for (var i = 0; i < request.Implantations.Length; i++)
        {
            var (wanted, field) = (request.Implantations[i], FormattableString.Invariant($"implantations[{i}].id"));
            var status = await GrainFactory.GetGrain<IImplantationGrain>(wanted.Id).GetStatus();
            if (status is null || status.Request.Owner != request.Owner)
            {
                throw new OneShotException(new ErrorDetail(ErrorCodes.NotFound, $"There is no implantation {wanted.Id}.", field));
            }
            if (status.State != JobState.Succeeded)
            {
                throw new OneShotException(
                    new ErrorDetail(
                        ErrorCodes.Conflict,
                        $"The implantation {wanted.Id} is {status.State.ToString().ToLowerInvariant()}; pictures are drawn with one that has succeeded.",
                        field,
                        status.State.IsFinal() ? "Submit it again." : "Wait for its end, and ask again."
                    )
                );
            }
            sources.Add(new GenerationSource(wanted.Id, wanted.Scale, status.Manifest ?? await FindManifestAsync(wanted.Id, field, cancellationToken)));
        }

        return sources.MoveToImmutable();
    }

    /// <summary>The manifest of an implantation that an earlier version finished, which kept no hash of it.</summary>
    private async Task<JobFile> FindManifestAsync(string id, string field, CancellationToken cancellationToken) =>
        await store.ReadAllBytesAsync(StorePaths.Manifest(id), PublishedResult.MaxManifestBytes, cancellationToken) is { } bytes
            ? ReferenceTo(bytes)
            : throw new OneShotException(new ErrorDetail(ErrorCodes.Failed, $"The store has lost the manifest of the implantation {id}.", field));

    private GenerationStatus GenerationStatus() =>
        new()
        {
            Id = Id,
            State = _state.State,
            Request = _state.Generation!,
            Epoch = _state.Epoch,
            Step = _step,
            Steps = _steps,
            Created = _state.Created,
            Started = _state.Started,
            Finished = _state.Finished,
            Waiting = Waiting(),
            Error = _state.Error,
            Warnings = _state.Warnings,
            Files = _state.Files,
            Seconds = _state.Seconds,
            LastSequence = _visible,
            Manifest = _state.State == JobState.Succeeded ? _state.Manifest : null,
        };
}
