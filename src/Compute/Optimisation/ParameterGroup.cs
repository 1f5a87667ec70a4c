namespace OrleansOneShot.Compute.Optimisation;

/// <summary>Parameters that train at one learning rate, under one name.</summary>
/// <param name="Name">Its name, such as <c>lora</c>: checkpoints know its parameters by it.</param>
/// <param name="Parameters">The parameters.</param>
/// <param name="LearningRate">AdamW's learning rate before any schedule, finite, 0 or more.</param>
public sealed record ParameterGroup(string Name, FlatParameters Parameters, double LearningRate)
{
    /// <summary>What a checkpoint calls a parameter: <c>lora.NAME</c>; the one parameter of a group that is named as it is, by that name alone.</summary>
    /// <param name="parameter">One of the group's names.</param>
    public string KeyOf(string parameter) => parameter == Name ? Name : $"{Name}.{parameter}";
}
