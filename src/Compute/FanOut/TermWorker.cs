using System.Text.Json;
using OrleansOneShot.Common;
using OrleansOneShot.Common.Terms;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Implantation.Methods;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Threads;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.FanOut;

/// <summary>
/// Evaluates terms (or, between averages, rounds) of somebody else's run: the same keyed random numbers at the same weights, so it gives the bits that the
/// run itself would get on a machine of its kind. It keeps nothing between two calls. Not thread-safe; it lives on the thread that opened it.
/// </summary>
public sealed class TermWorker : ITermWorker
{
    private readonly Stack<IDisposable> _owned;
    private readonly ImplantationOptions _options;
    private readonly TrainingParts _parts;
    private readonly TermGradients _gradients;
    private readonly ParticipantRound _round;

    private TermWorker(Stack<IDisposable> owned, ImplantationOptions options, TrainingParts parts, string fingerprint)
    {
        _owned = owned;
        _options = options;
        _parts = parts;
        _gradients = new TermGradients(parts.Trainer, parts.Wire);
        _round = new ParticipantRound(parts, options);
        Fingerprint = fingerprint;
    }

    /// <summary>What the trained weights depend on: model and its configuration, photo, masks and options. It must be the run's.</summary>
    public string Fingerprint { get; }

    /// <summary>Loads the model and prepares the job, without the prototypical embedding.</summary>
    /// <param name="folder">The base model.</param>
    /// <param name="inputs">Photo and masks.</param>
    /// <param name="options">The run's options, with <see cref="Precision.Auto"/> decided as there.</param>
    /// <returns>The worker.</returns>
    /// <exception cref="InvalidInputException">Something that was given can't be used.</exception>
    public static TermWorker Open(ModelFolder folder, ImplantationInputs inputs, ImplantationOptions options)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(options);
        var owned = new Stack<IDisposable>();
        try
        {
            owned.Push(ThreadShare.Take(OperationWork.OfTraining(folder, options, 1)));
            var models = LoadedModels.Load(folder, options.Precision, options.Device);
            owned.Push(models);

            // Terms need no CLIP; rounds have class terms of their own.
            var joint = options.FanOut == FanOutMode.Periodic && options.Objective.ClassLoss ? JointSpaceOf(models) : null;
            if (joint is not null)
            {
                owned.Push(joint);
            }

            var preparation = Preparation.Create(inputs.Photo, inputs.Objects, options, models, joint);
            owned.Push(preparation);
            var parts = TrainingParts.Create(new MethodRun(models, joint, preparation, options, SilentObserver.Instance, CancellationToken.None));
            owned.Push(parts);
            parts.Trained.Attach();
            var fingerprint = Implantation.Fingerprint.Of(inputs, options, folder.Hash(), models.UNet.ComputeType.ToString());
            return new TermWorker(owned, options, parts, Implantation.Fingerprint.WithConfiguration(fingerprint, folder.ConfigurationHash()));
        }
        catch
        {
            Release(owned);
            throw;
        }
    }

    /// <summary>Evaluates a UNet term of a step, or runs a participant's round, as the options say.</summary>
    /// <param name="step">The step, from 0; of a round its first one.</param>
    /// <param name="term">The term, or the participant.</param>
    /// <param name="payload">Weights (or weights and moments) as the run packed them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Gradients and loss, or weights, moments and losses.</returns>
    /// <exception cref="OperationCanceledException">It was asked to give up.</exception>
    /// <exception cref="InvalidInputException">The payload has another size than this job's, or there is no such step or term.</exception>
    /// <exception cref="ArithmeticException">A loss of the round is no number.</exception>
    public TermValue Evaluate(int step, int term, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (step < 0 || step >= _options.Steps || term < 0)
        {
            throw new InvalidInputException($"The job has {_options.Steps} steps, so there is no term {term} of step {step}.", "step");
        }

        if (_options.FanOut == FanOutMode.Periodic)
        {
            return _round.Run(step, term, payload, cancellationToken);
        }

        _parts.Wire.UnpackWeights(payload.Span);
        return _gradients.Evaluate(step, term);
    }

    /// <inheritdoc/>
    public void Dispose() => Release(_owned);

    private static JointSpace JointSpaceOf(LoadedModels models) =>
        models.LoadJointSpace()
        ?? throw new InvalidInputException($"{models.Folder.Name} has no clip folder, which the class loss needs.", "clip", "Copy the run's model folder.");

    private static void Release(Stack<IDisposable> owned)
    {
        while (owned.TryPop(out var one))
        {
            one.Dispose();
        }
    }
}

/// <summary>
/// What a job's slot has settled that its request leaves open, for its workers: told to each of them when it opens. A worker computes in this precision, and
/// refuses when its own fingerprint (model and its configuration, photo, masks, options) is another one: its terms would not be the job's.
/// </summary>
/// <param name="Fingerprint">The run's fingerprint: <see cref="TermWorker.Fingerprint"/>.</param>
/// <param name="Precision">Float32 or bfloat16: what <c>--precision auto</c> came to.</param>
/// <param name="Masks">The objects' masks (<see cref="ImplantationInputs.DescribeMasks"/>), of which a request may leave some open.</param>
/// <param name="Defaults">The base model's defaults (<see cref="ModelFolder.DefaultsText"/>) that the job began with.</param>
public sealed record WorkerBrief(string Fingerprint, Precision Precision, string? Masks = null, string? Defaults = null)
{
    /// <summary>For <see cref="IBorrowedSlots.Settle"/>.</summary>
    public string ToText() => JsonSerializer.Serialize(this);

    /// <summary>Reads what <see cref="ToText"/> gave.</summary>
    /// <param name="text">The document; null if there is none.</param>
    /// <returns>The brief; null if this is none.</returns>
    public static WorkerBrief? Parse(string? text)
    {
        try
        {
            return
                text is not null && StrictJson.Read<WorkerBrief>(text, JsonSerializerOptions.Default) is { Precision: Precision.Fp32 or Precision.Bf16 } brief
                ? brief
                : null;
        }
        catch (UnusableJsonException)
        {
            return null;
        }
    }
}
