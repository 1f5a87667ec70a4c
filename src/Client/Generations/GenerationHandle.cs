using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Client.Generations;

/// <summary>A drawing of pictures on a server. Tests may derive from it: every method can be overridden.</summary>
public class GenerationHandle : JobHandle<GenerationStatus, GenerationResult>
{
    /// <summary>For tests that derive from this class.</summary>
    /// <param name="id">The job's id.</param>
    protected GenerationHandle(string id)
        : base(id) { }

    internal GenerationHandle(string id, IJobTransport<GenerationStatus> jobs)
        : base(id, jobs) { }

    private protected override GenerationResult Wrap(GenerationStatus status, IResultSource files) => new(status, files);
}
