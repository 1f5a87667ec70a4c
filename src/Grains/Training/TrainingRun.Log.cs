using Microsoft.Extensions.Logging;

namespace OrleansOneShot.Grains.Training;

internal sealed partial class TrainingRun
{
    private void LogStarted(string jobId, long epoch, int slot, int step) => Started(_services.Logger, jobId, epoch, slot, step);

    private void LogPublished(string jobId, long epoch, int files) => Published(_services.Logger, jobId, epoch, files);

    private void LogStopped(string jobId, long epoch, string reason) => Stopped(_services.Logger, jobId, epoch, reason);

    private void LogFailed(Exception error, string jobId, long epoch) => Failed(_services.Logger, error, jobId, epoch);

    private void LogAbandoned(string jobId, long epoch) => Abandoned(_services.Logger, jobId, epoch);

    private void LogLost(Exception error, string jobId, long epoch) => Lost(_services.Logger, error, jobId, epoch);

    private void LogFolder(Exception error, string folder) => Folder(_services.Logger, error, folder);

    private void LogMemory(string jobId, long epoch, long mebibytes) => Memory(_services.Logger, jobId, epoch, mebibytes);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId}, epoch {Epoch}: starts on slot {Slot} at step {Step}")]
    private static partial void Started(ILogger logger, string jobId, long epoch, int slot, int step);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId}, epoch {Epoch}: published {Files} files")]
    private static partial void Published(ILogger logger, string jobId, long epoch, int files);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId}, epoch {Epoch}: stopped, {Reason}")]
    private static partial void Stopped(ILogger logger, string jobId, long epoch, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {JobId}, epoch {Epoch}: failed")]
    private static partial void Failed(ILogger logger, Exception error, string jobId, long epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId}, epoch {Epoch}: abandoned because the process ends")]
    private static partial void Abandoned(ILogger logger, string jobId, long epoch);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Job {JobId}, epoch {Epoch}: its end could not be told to the job")]
    private static partial void Lost(ILogger logger, Exception error, string jobId, long epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The work folder {Folder} could not be deleted")]
    private static partial void Folder(ILogger logger, Exception error, string folder);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId}, epoch {Epoch} took {Mebibytes} MiB of its device's memory at most")]
    private static partial void Memory(ILogger logger, string jobId, long epoch, long mebibytes);
}
