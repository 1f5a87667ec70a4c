using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Client.Implantations;

/// <summary>What a training has made. Tests may make one of documents and a source of their own.</summary>
/// <param name="status">The job, which has succeeded.</param>
/// <param name="source">Where its files come from.</param>
public class ImplantationResult(ImplantationStatus status, IResultSource source) : JobResult<ImplantationStatus>(status, source)
{
    /// <summary>The measured quality; null where nothing was measured.</summary>
    public JobMetrics? Metrics => Status.Metrics;
}
