namespace OrleansOneShot.Chaos;

/// <summary>What came of a run.</summary>
internal sealed record ChaosReport
{
    /// <summary>Of the schedule.</summary>
    public required int Seed { get; init; }

    /// <summary>Submitted jobs.</summary>
    public required int Jobs { get; init; }

    /// <summary>Of the jobs: generations, each with the result of another one.</summary>
    public required int Generations { get; init; }

    /// <summary>Of the jobs: those that had failed or were cancelled, and were run again.</summary>
    public required int Retried { get; init; }

    /// <summary>Faults that this machine can't make, with the reason.</summary>
    public required IReadOnlyDictionary<string, string> LeftOut { get; init; }

    /// <summary>Of the jobs: those that were taken back, and rightly published nothing.</summary>
    public required int Cancelled { get; init; }

    /// <summary>Of the jobs: those whose input was damaged, and that said so.</summary>
    public required int Refused { get; init; }

    /// <summary>What users were told, and how often; how their commands ended.</summary>
    public required IReadOnlyDictionary<string, int> Told { get; init; }

    /// <summary>Events that watchers saw while they happened.</summary>
    public required int EventsWatched { get; init; }

    /// <summary>Jobs with nothing to complain about.</summary>
    public required int Succeeded { get; init; }

    /// <summary>Faults by kind.</summary>
    public required IReadOnlyDictionary<string, int> Faults { get; init; }

    /// <summary>Faults that did not happen, by kind: no job was in training that they could fairly hit.</summary>
    public required IReadOnlyDictionary<string, int> Missed { get; init; }

    /// <summary>Those that hit a job in training: its state said so just before, and its log has steps before the fault and after it.</summary>
    public required int FaultsInTraining { get; init; }

    /// <summary>The same by kind.</summary>
    public required IReadOnlyDictionary<string, int> FaultsInTrainingByKind { get; init; }

    /// <summary>SIGKILLs.</summary>
    public required int Kills { get; init; }

    /// <summary>Silos that ended without having been told to, such as evicted ones.</summary>
    public required int SilosEndedByThemselves { get; init; }

    /// <summary>Epochs after the first, of all jobs.</summary>
    public required long Resumes { get; init; }

    /// <summary>Checkpoints that jobs found damaged, told their users of, and did not use.</summary>
    public required int DroppedCheckpoints { get; init; }

    /// <summary>Training steps taken more than once, of all jobs.</summary>
    public required int StepsRepeated { get; init; }

    /// <summary>Training steps taken, of all jobs.</summary>
    public required int StepsTaken { get; init; }

    /// <summary>The longest time between two training steps of a job.</summary>
    public required double LongestGapSeconds { get; init; }

    /// <summary>The job that had it.</summary>
    public required string? LongestGapJob { get; init; }

    /// <summary>The faults within it.</summary>
    public required IReadOnlyList<string> LongestGapFaults { get; init; }

    /// <summary>Files in the store that a collection will take.</summary>
    public required int LeftOverFiles { get; init; }

    /// <summary>Folders of work on the silos' disks that no process owns any more.</summary>
    public required int LeftOverWorkFolders { get; init; }

    /// <summary>Of everything, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>What must not be.</summary>
    public required IReadOnlyList<string> Violations { get; init; }

    /// <summary>Where to look for the cause of the first: logs of its job and of the processes. Empty without a violation.</summary>
    public required IReadOnlyList<string> Logs { get; init; }

    /// <summary>The faults, in their order.</summary>
    public required IReadOnlyList<SufferedFault> Schedule { get; init; }
}
