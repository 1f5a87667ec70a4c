using OrleansOneShot.Contracts.Progress;

namespace OrleansOneShot.Cli.Output;

/// <summary>Shows people how a job goes on.</summary>
internal interface IProgressDisplay : IDisposable
{
    /// <summary>Shows an event.</summary>
    /// <param name="progress">The event.</param>
    void Show(ProgressEvent progress);

    /// <summary>Says a sentence.</summary>
    /// <param name="sentence">The sentence.</param>
    void Say(string sentence);
}
