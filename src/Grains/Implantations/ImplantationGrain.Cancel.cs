using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>How a job is cancelled.</summary>
internal sealed partial class ImplantationGrain
{
    public async Task<ImplantationStatus> Cancel()
    {
        RequireSubmitted();
        if (_state.State.IsFinal())
        {
            await MendEffectsAsync();
            return Status();
        }

        if (_state.Published is { } published)
        {
            // Its result is the job's already, and only copies are missing.
            await FinishPublicationAsync(published);
            return Status();
        }

        var trained = await IsAliveAsync(_state.Lease?.Silo);
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
            return Status();
        }

        await EndAsync(Cancelled(_state) with { Lease = trained ? _state.Lease : null });
        // The slot is free when the engine has stopped, not before: its trainer then calls Release.
        if (trained)
        {
            await StopTrainerAsync(_state.Epoch);
        }
        return Status();
    }
}
