using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>
/// How a job notices that the store knows more of it than its own state, which was put back from an older backup. A published manifest wins, since a job has
/// one only after it has succeeded; and no epoch begins of which the store has files already.
/// </summary>
internal sealed partial class ImplantationGrain
{
    // What the store has, -1 for nothing. Nobody but the job begins epochs or publishes, so one look an activation is enough.
    private long _stored = -1;
    private bool _hasManifest;
    private bool _looked;
    private IGrainTimer? _taking;

    /// <summary>The newest epoch of which the state or the store tells: the log goes on in its file, and the next epoch gets a higher number.</summary>
    private long Newest => Math.Max(_state.Epoch, _stored);

    /// <summary>Looks what the store has of the job's epochs.</summary>
    /// <exception cref="IOException">The store is away.</exception>
    private async Task LookIntoStoreAsync(CancellationToken cancellationToken)
    {
        var newest = -1L;
        await foreach (var name in store.ListFoldersAsync(StorePaths.Epochs(Id), cancellationToken))
        {
            if (long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) && epoch <= PublishedManifest.MaxEpoch)
            {
                newest = Math.Max(newest, epoch);
            }
        }

        // No job has a result and no log: one of which there is nothing costs one question.
        _hasManifest = newest >= 0 && await store.GetInfoAsync(StorePaths.Manifest(Id), cancellationToken) is not null;
        (_stored, _looked) = (newest, true);
    }

    /// <summary>
    /// Before an id that no state knows becomes a new job: one whose state was lost, and whose result is published, is that job still. Else the log of what
    /// the store has is gone on with.
    /// </summary>
    private async Task KnowAgainAsync(CancellationToken cancellationToken)
    {
        _log = new ProgressLog(store, Id);
        try
        {
            await LookIntoStoreAsync(cancellationToken);
            if (_stored >= 0)
            {
                await _log.LoadAsync(_stored, cancellationToken);
                _visible = _log.Last;
            }
            if (_hasManifest && await ReadPublishedAsync() is { } published)
            {
                await KnowAsync(published);
            }
        }
        catch (OneShotException e)
        {
            LogNotTaken(Id, e.Message);
        }
        catch (IOException e)
        {
            // It is looked for before the first epoch begins.
            LogNotLooked(e, Id);
            (_log, _looked) = (new ProgressLog(store, Id), false);
        }

        _hasManifest = false;
    }

    /// <summary>
    /// Whoever asks for a job that waits in a long queue should not be told for hours that it waits. Not within the activation: those who are told of the end
    /// ask back.
    /// </summary>
    private void TakePublishedSoon()
    {
        if (_hasManifest && !_state.State.IsFinal())
        {
            _taking = this.RegisterGrainTimer(TakePublishedSoonAsync, TimeSpan.Zero, options.Value.SchedulerPeriod);
        }
    }

    private async Task TakePublishedSoonAsync(CancellationToken cancellationToken)
    {
        if (!_state.State.IsFinal() && !await IsAliveAsync(_state.Lease?.Silo))
        {
            await TakePublishedAsync();
        }
        _taking?.Dispose();
        _taking = null;
    }

    /// <summary>Ends an unfinished job whose result is published already. Not for one that a trainer works for.</summary>
    /// <returns>Whether it has ended by that.</returns>
    private async Task<bool> TakePublishedAsync()
    {
        if (await FindPublishedAsync() is not var (published, message))
        {
            return false;
        }
        if (published is null)
        {
            LogNotTaken(Id, message);
            if (!_state.State.IsFinal())
            {
                await LogAsync(EventOf(_state, message) with { IsWarning = true });
            }
            return false;
        }

        await TakeAsync(published, message);
        return true;
    }

    private async Task TakeAsync(ImplantationState published, string message)
    {
        await ShowResultAsync(published.Published!.Value);
        await WriteAsync(published);
        (_step, _steps) = (published.Step, published.Steps);
        LogTaken(Id, published.Published.Value);
        // It has ended long ago, and was counted then: only those who ask or watch hear of it now, and whom an end concerns.
        await ShowEndAsync(EventOf(published, message) with { Time = Now });
    }

    /// <summary>
    /// The state that a published result gives the job, or none where it is not to be taken, and what is said of that; null: nothing is published.
    /// </summary>
    private async Task<(ImplantationState? Published, string Message)?> FindPublishedAsync()
    {
        if (_state.State == JobState.Succeeded || _state.Published is not null)
        {
            return null;
        }
        if (!_looked)
        {
            await LookIntoStoreAsync(CancellationToken.None);
            if (_hasManifest || _stored > _state.Epoch)
            {
                // Its log has more than this activation knows.
                DeactivateOnIdle();
                throw new OrleansException($"The store has more of job {Id} than its state says, and it is read again; ask again.");
            }
        }
        if (!_hasManifest)
        {
            return null;
        }

        ImplantationState? found;
        try
        {
            found = await ReadPublishedAsync();
        }
        catch (OneShotException e)
        {
            _hasManifest = false;
            return (null, $"The store has a result of this job that can't be taken: {e.Message}");
        }

        _hasManifest = false;
        if (found is null)
        {
            return null;
        }
        var epoch = found.Published!.Value.ToString(CultureInfo.InvariantCulture);
        found = found with { Epoch = Math.Max(found.Epoch, Newest) };
        if (found.Created == _state.Created || Agree(Asked!, found.Asked()!, found.Files))
        {
            return (
                found with
                {
                    Request = _state.Request,
                    Generation = _state.Generation,
                    Sources = _state.Sources,
                    Trace = _state.Trace,
                    Retries = _state.Retries,
                },
                $"Its result was already published by epoch {epoch}; the job's state came from an older backup."
            );
        }

        // Under one id there is another request only after a deletion, and what was submitted later is what there is now.
        return found.Created > _state.Created
            ? (found, $"A later job under this id has published its result by epoch {epoch}; the state of the earlier one came from an older backup.")
            : (null, $"The store has the result of an earlier job under this id, published by epoch {epoch}, which this one will replace.");
    }

    /// <summary>Whether what a job has asks for the same. Where a box was asked for, a published request names the mask that was made of it.</summary>
    /// <param name="asked">A request as it was submitted.</param>
    /// <param name="known">The request that a job has, perhaps from its result.</param>
    /// <param name="files">The job's result.</param>
    private static bool Agree(IJobRequest asked, IJobRequest known, ImmutableArray<JobFile> files) =>
        (asked, known) switch
        {
            (ImplantationRequest one, ImplantationRequest other) => Json(one) == Json(other) || Json(WithMade(one, other, files)) == Json(other),
            (GenerationRequest one, GenerationRequest other) => Json(one) == Json(other),
            _ => false,
        };

    private static ImplantationRequest WithMade(ImplantationRequest asked, ImplantationRequest known, ImmutableArray<JobFile> files) =>
        asked.Objects.Length != known.Objects.Length
            ? asked
            : asked with
            {
                Objects =
                [
                    .. asked
                        .Objects.Zip(known.Objects)
                        .Select(pair =>
                            pair is { First.Box: not null, Second: { Box: null, Mask: { } made } } && files.Any(file => file.Sha256 == made)
                                ? pair.First with
                                {
                                    Box = null,
                                    Mask = made,
                                }
                                : pair.First
                        ),
                ],
            };

    // Records compare immutable arrays by reference; their documents compare by value.
    private static string Json<T>(T request) => JsonSerializer.Serialize(request);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} was unfinished in its state and published in the store, by epoch {Epoch}: the store wins")]
    private partial void LogTaken(string jobId, long epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId}: {Why}")]
    private partial void LogNotTaken(string jobId, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store could not be asked what it has of job {JobId}; it is asked before the job starts")]
    private partial void LogNotLooked(Exception error, string jobId);
}
