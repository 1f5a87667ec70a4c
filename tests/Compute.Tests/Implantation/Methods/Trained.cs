using OrleansOneShot.Compute.Implantation.Methods;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Tests.Implantation.Methods;

/// <summary>What the prototypical method trains, without a model around it.</summary>
internal static class Trained
{
    /// <summary>An objective that only knows what its losses are called.</summary>
    public static ITrainingObjective Names { get; } = new Objective(null!, null!, null, null!, null!, new ObjectiveOptions());

    /// <summary>A LoRA and token vectors as groups of one rate.</summary>
    public static IReadOnlyList<ParameterGroup> Groups(LoraNetwork lora, FlatParameters tokens, double learningRate) =>
        [new ParameterGroup(LoraParts.GroupName, lora.Parameters, learningRate), new ParameterGroup(IdentifierVectors.Name, tokens, learningRate)];
}
