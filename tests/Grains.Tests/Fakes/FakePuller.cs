using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.Grains.Models;

namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>Pulls nothing, and says what a pull would.</summary>
internal sealed class FakePuller : IModelPuller
{
    private int _pulls;

    /// <summary>Where the next pull waits half way.</summary>
    public Gate? Gate { get; set; }

    /// <summary>What pulls fail with; null: they succeed.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Called when a pull is done.</summary>
    public Action<string>? Done { get; set; }

    /// <summary>Pulls that were begun.</summary>
    public int Pulls => _pulls;

    public void Require(string name, ModelPullRequest wanted)
    {
        if (wanted.Repository.StartsWith("other/", StringComparison.Ordinal))
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.Forbidden, $"This server does not pull {wanted.Repository}.", "repository"));
        }
    }

    public async Task PullAsync(string name, ModelPullRequest wanted, IProgress<TransferProgress> progress, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _pulls);
        progress.Report(new TransferProgress(4, 10, 4, TimeSpan.FromSeconds(1)));
        await (Gate?.PassAsync() ?? Task.CompletedTask).WaitAsync(cancellationToken);
        if (Failure is { } failure)
        {
            throw failure;
        }

        progress.Report(new TransferProgress(10, 10, 10, TimeSpan.FromSeconds(2)));
        Done?.Invoke(name);
    }
}
