using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>How the job stands in the list of all jobs.</summary>
internal sealed partial class ImplantationGrain
{
    private Task PutSummaryAsync() => PutSummaryAsync(_state, _step, _steps);

    private Task PutSummaryAsync(ImplantationState state) => PutSummaryAsync(state, state.Step, state.Steps);

    private Task PutSummaryAsync(ImplantationState state, int step, int steps) =>
        GrainFactory
            .GetGrain<IJobCatalogGrain>(0)
            .Put(
                new JobSummary
                {
                    Id = Id,
                    State = state.State,
                    Step = step,
                    Steps = steps,
                    Created = state.Created,
                    Owner = state.Asked()!.Owner,
                    Name = state.Asked()!.Name,
                    Metadata = state.Asked()!.Metadata,
                    Kind = Kind,
                    Priority = state.Asked()!.Priority,
                }
            );
}
