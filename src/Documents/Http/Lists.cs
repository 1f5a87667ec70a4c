using System.Collections.Immutable;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Documents.Http;

/// <summary>A page of jobs, newest first.</summary>
/// <param name="Items">The jobs.</param>
/// <param name="Next">Cursor of the next page; left out on the last.</param>
public sealed record ImplantationList(ImmutableArray<JobSummary> Items, string? Next = null);

/// <summary>A page of generations, newest first.</summary>
/// <param name="Items">The jobs.</param>
/// <param name="Next">Cursor of the next page; left out on the last.</param>
public sealed record GenerationList(ImmutableArray<JobSummary> Items, string? Next = null);

/// <summary>Events of a job's log, in order and without gaps.</summary>
/// <param name="Items">The events.</param>
/// <param name="Next">What <c>after</c> is to be in the next call; left out once the job has ended and all its events were given.</param>
public sealed record EventList(ImmutableArray<ProgressEvent> Items, string? Next = null);

/// <summary>The files of a result.</summary>
/// <param name="Items">The files, the manifest first.</param>
public sealed record FileList(ImmutableArray<JobFile> Items);
