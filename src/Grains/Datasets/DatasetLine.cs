using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Grains.Datasets;

/// <summary>What a run remembers of an item: some 300 bytes. What was asked for lies in the store.</summary>
[GenerateSerializer, Alias("oneshot.DatasetLine")]
internal sealed record DatasetLine
{
    /// <summary><see cref="Retries"/> of an attempt that has not asked its job yet.</summary>
    public const int NotAsked = -1;

    [Id(0)]
    public required int Number { get; init; }

    [Id(1)]
    public required string Id { get; init; }

    [Id(2)]
    public DatasetItemState State { get; init; }

    /// <summary>The run's version at the last change.</summary>
    [Id(3)]
    public long Version { get; init; }

    /// <summary>How often the item was begun; stored before its job hears of it.</summary>
    [Id(4)]
    public int Attempts { get; init; }

    /// <summary>The job that works, or has worked, for what is asked for now; null: none yet.</summary>
    [Id(5)]
    public string? Job { get; init; }

    /// <summary>
    /// How often the job must have been retried for its end to be that of this attempt; <see cref="NotAsked"/>: the job, which is of an earlier attempt, was
    /// not asked yet how often it has been.
    /// </summary>
    [Id(6)]
    public int Retries { get; init; }

    [Id(7)]
    public ErrorDetail? Error { get; init; }

    [Id(8)]
    public DateTimeOffset? Started { get; init; }

    [Id(9)]
    public DateTimeOffset? Finished { get; init; }

    [Id(10)]
    public double Seconds { get; init; }

    [Id(11)]
    public JobMetrics? Metrics { get; init; }

    /// <summary>SHA-256 of what is asked for: whoever adds the same item again changes nothing.</summary>
    [Id(12)]
    public required byte[] Wish { get; init; }

    /// <summary>SHA-256 of the batch in the store that holds the request; null: the item was added with an error.</summary>
    [Id(13)]
    public byte[]? Batch { get; init; }

    /// <summary>Place in the batch.</summary>
    [Id(14)]
    public int Place { get; init; }

    /// <summary>The line as it is shown. (No property: nothing of it is stored.)</summary>
    /// <returns>The item's status.</returns>
    public DatasetItemStatus ToStatus() =>
        new()
        {
            Number = Number,
            Id = Id,
            State = State,
            Version = Version,
            Attempts = Attempts,
            Job = Job,
            Error = Error,
            Started = Started,
            Finished = Finished,
            Seconds = Seconds,
            Metrics = Metrics,
        };
}

/// <summary>What a run remembers of itself. Its items lie in pages of their own.</summary>
[GenerateSerializer, Alias("oneshot.DatasetRow")]
internal sealed record DatasetRow
{
    /// <summary>What was asked for; null: there is no such run.</summary>
    [Id(0)]
    public DatasetRunRequest? Request { get; init; }

    [Id(1)]
    public DatasetRunState State { get; init; }

    /// <summary>The run's version at the row's last change; those of lines may be higher.</summary>
    [Id(2)]
    public long Version { get; init; }

    [Id(3)]
    public DateTimeOffset Created { get; init; }

    [Id(4)]
    public DateTimeOffset? Finished { get; init; }
}
