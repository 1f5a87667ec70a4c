using Microsoft.Extensions.Logging;

namespace OrleansOneShot.Grains.FanOut;

/// <summary>What it logs.</summary>
internal sealed partial class StepCoordinator
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId}, epoch {Epoch}: slot {Slot} of {Silo} helps")]
    private partial void LogReady(string jobId, long epoch, int slot, string silo);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId}, epoch {Epoch}: slot {Slot} of {Silo} helps no more: {Why}")]
    private partial void LogLeft(string jobId, long epoch, int slot, string silo, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId}, epoch {Epoch}: slot {Slot} of {Silo} {Why} in step {Step}")]
    private partial void LogStrike(string jobId, long epoch, int slot, string silo, string why, int step);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId}, epoch {Epoch}: the scheduler could not be asked for slots")]
    private partial void LogNotLent(Exception error, string jobId, long epoch);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Lent slot {Slot} of {Silo} does not answer a sign of life")]
    private partial void LogNotHeard(Exception error, int slot, string silo);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Lent slot {Slot} of {Silo} could not be closed")]
    private partial void LogNotClosed(Exception error, int slot, string silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lent slot {Slot} of {Silo} could not be given back")]
    private partial void LogNotGivenBack(Exception error, int slot, string silo);
}
