namespace OrleansOneShot.Compute;

/// <summary>What a run tells those who operate the machine, and nobody else; called on the run's thread, and never waits.</summary>
public interface IRunFigures
{
    /// <summary>The base model was loaded onto its device.</summary>
    /// <param name="elapsed">Time it took.</param>
    void ModelLoaded(TimeSpan elapsed);

    /// <summary>The loss of a training step was no number, which ends the run.</summary>
    void StepNotFinite();
}

/// <summary>Nobody is told.</summary>
internal sealed class NoRunFigures : IRunFigures
{
    /// <summary>The one there is.</summary>
    public static NoRunFigures Instance { get; } = new();

    /// <inheritdoc/>
    public void ModelLoaded(TimeSpan elapsed) { }

    /// <inheritdoc/>
    public void StepNotFinite() { }
}
