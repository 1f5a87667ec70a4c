using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Schedulers;

/// <summary>Checks that schedulers share.</summary>
internal static class SchedulerArguments
{
    /// <summary>Checks a step's arguments before any of them reaches native code.</summary>
    public static void Check(Tensor modelOutput, int call, Tensor sample, int calls)
    {
        if (call < 0 || call >= calls)
        {
            throw new ArgumentOutOfRangeException(nameof(call), call, $"The schedule has calls 0 to {calls - 1}.");
        }
        if (!modelOutput.shape.AsSpan().SequenceEqual(sample.shape))
        {
            throw new ArgumentException(
                $"The model's output is ({string.Join(", ", modelOutput.shape)}), the sample ({string.Join(", ", sample.shape)}).",
                nameof(modelOutput)
            );
        }
    }

    /// <summary>The error for more steps than a schedule can be cut into.</summary>
    public static InvalidInputException TooManySteps(string name, int steps, int length) =>
        new($"{steps} steps of {name} don't fit into the {length} timesteps of the model's schedule.", "steps", "Use fewer steps; 20 to 50 are usual.");

    /// <summary>Checks that a multistep scheduler's call follows the one before, or starts anew.</summary>
    public static void CheckOrder(int call, int expected)
    {
        if (call != 0 && call != expected)
        {
            throw new InvalidOperationException($"Call {call} came where call {expected} was due: a multistep scheduler needs its calls in order.");
        }
    }
}
