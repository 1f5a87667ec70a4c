using System.Collections.Immutable;
using OrleansOneShot.Contracts.FanOut;

namespace OrleansOneShot.Grains.FanOut;

/// <summary>The way to a lent slot. Any call may fail in any way, or never end.</summary>
internal interface ILentSlot
{
    /// <summary>Prepares the job there.</summary>
    /// <param name="terms">What the job's own slot has settled.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>When it can evaluate.</returns>
    Task OpenAsync(string terms, CancellationToken cancellationToken);

    /// <summary>Sends and gets back so many bytes.</summary>
    /// <param name="payload">Bytes there.</param>
    /// <param name="answerBytes">Bytes back.</param>
    /// <returns>The answer.</returns>
    Task<ReadOnlyMemory<byte>> EchoAsync(ReadOnlyMemory<byte> payload, int answerBytes);

    /// <summary>Evaluates terms.</summary>
    /// <param name="work">What to evaluate.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The answer, not to be trusted.</returns>
    Task<ImmutableArray<TermResult>> EvaluateAsync(StepWork work, CancellationToken cancellationToken);

    /// <summary>Frees what was prepared.</summary>
    /// <returns>When asked.</returns>
    Task CloseAsync();
}
