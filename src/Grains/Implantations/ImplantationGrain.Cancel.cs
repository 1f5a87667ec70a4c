using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>How a job is cancelled.</summary>
internal sealed partial class ImplantationGrain
{
    public async Task<ImplantationStatus> Cancel()
    {
        if (_state.Request is null)
        {
            throw NoSuchJob();
        }
        await CancelAsync();
        return Status();
    }

    private async Task CancelAsync()
    {
        if (_state.State.IsFinal())
        {
            await MendEffectsAsync();
            return;
        }

        if (_state.Published is { } published)
        {
            // Its result is the job's already, and only copies are missing.
            await FinishPublicationAsync(published);
            return;
        }

        var trained = await IsAliveAsync(_state.Lease?.Silo);
        if (!trained && _hasManifest && await TakePublishedAsync())
        {
            return;
        }
        if (_state.State == JobState.Publishing)
        {
            // Whoever writes the manifest decides. A living trainer asks before it does; for a dead one the store tells.
            if (!_state.CancelRequested)
            {
                await WriteAsync(_state with { CancelRequested = true });
            }
            if (trained)
            {
                await StopTrainerAsync(_state.Epoch);
            }
            else
            {
                await SettleAsync();
            }
            return;
        }

        await EndAsync(Cancelled(_state) with { Lease = trained ? _state.Lease : null });
        // The slot is free when the engine has stopped, not before: its trainer then calls Release.
        if (trained)
        {
            await StopTrainerAsync(_state.Epoch);
        }
    }
}
