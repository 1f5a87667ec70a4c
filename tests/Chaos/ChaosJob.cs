namespace OrleansOneShot.Chaos;

/// <summary>A job whose submission was acknowledged, and what its user may expect of it.</summary>
/// <param name="Handle">The job.</param>
/// <param name="Expected">Hash of the LoRA, or of the pictures, of an undisturbed run.</param>
/// <param name="Watcher">Who follows it from its first event on.</param>
internal sealed record ChaosJob(Watched Handle, string Expected, Watcher Watcher)
{
    /// <summary>When it was acknowledged.</summary>
    public DateTimeOffset Acknowledged { get; } = DateTimeOffset.UtcNow;

    /// <summary>Somebody wanted it cancelled, and may not know whether he was heard.</summary>
    public bool CancelAsked { get; set; }

    /// <summary>Somebody was told that it is cancelled.</summary>
    public bool CancelAcknowledged { get; set; }

    /// <summary>It had ended without a result, and somebody was told that it runs again: then it has to succeed.</summary>
    public bool Retried { get; set; }

    /// <summary>A generation will read its result, which nobody may damage meanwhile.</summary>
    public bool IsDrawnWith { get; init; }

    /// <summary>Which of its inputs was damaged, as its error has to call it; null: none.</summary>
    public string? Damaged { get; init; }

    /// <summary>The watcher's task.</summary>
    public Task Watching { get; init; } = Task.CompletedTask;
}
