using System.Collections.Immutable;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Client.Generations;

/// <summary>Pictures that were drawn. Tests may make one of documents and a source of their own.</summary>
/// <param name="status">The job, which has succeeded.</param>
/// <param name="source">Where its files come from.</param>
public class GenerationResult(GenerationStatus status, IResultSource source) : JobResult<GenerationStatus>(status, source)
{
    /// <summary>The pictures, in the order of the prompts and, of each, of its pictures.</summary>
    public ImmutableArray<JobFile> Pictures => [.. Files.Where(file => file.Path.EndsWith(".png", StringComparison.Ordinal))];
}
