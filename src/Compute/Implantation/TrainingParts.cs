using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Implantation.Methods;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>What trains and what it is trained with, made alike in a run and on machines that help it.</summary>
internal sealed class TrainingParts : IDisposable
{
    private readonly ParameterWire? _wire;

    /// <summary>Puts parts together.</summary>
    /// <param name="trained">What trains; owned.</param>
    /// <param name="trainer">Takes the steps; owned.</param>
    /// <param name="wire">How they cross between machines; null: they don't.</param>
    public TrainingParts(ITrainedParts trained, Trainer trainer, ParameterWire? wire)
    {
        Trained = trained;
        Trainer = trainer;
        _wire = wire;
    }

    /// <summary>What trains.</summary>
    public ITrainedParts Trained { get; }

    /// <summary>Takes the steps.</summary>
    public Trainer Trainer { get; }

    /// <summary>Whether it may cross between machines.</summary>
    public bool Spreads => _wire is not null;

    /// <summary>How it all crosses between machines.</summary>
    /// <exception cref="InvalidOperationException">It doesn't.</exception>
    public ParameterWire Wire => _wire ?? throw new InvalidOperationException("What this method trains does not leave its machine.");

    /// <summary>Makes the parts; call it outside dispose scopes.</summary>
    /// <param name="run">The run.</param>
    public static TrainingParts Create(MethodRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var method = MethodCatalog.Get(run.Options.Method);
        var objective = method.CreateObjective(run);
        var draws = method.CreateDraws(run);
        var trained = method.CreateParts(run);
        var trainer = new Trainer(objective, draws, trained.Groups, trained.Vectors, run.Options.WeightDecay);
        var wire = method.Spreads ? new ParameterWire([.. trained.Groups.Select(group => group.Parameters)], run.Models.UNet.ComputeType) : null;
        return new TrainingParts(trained, trainer, wire);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Trainer.Dispose();
        Trained.Dispose();
    }
}
