using OrleansOneShot.Common;
using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>
/// The parameters of a module as places that weights can be put into without a copy. (torch's own <c>load_state_dict</c> copies into memory that must be
/// there already.)
/// </summary>
internal static class ModuleWeights
{
    /// <summary>Every parameter in the model's order.</summary>
    public static IEnumerable<ParameterSlot> SlotsOf(Module module) => SlotsOf(module, string.Empty);

    /// <summary>Puts a tensor into a place; the module owns it from here on.</summary>
    /// <param name="slot">The place.</param>
    /// <param name="value">The tensor.</param>
    /// <param name="trains">Whether it gets gradients; else it is frozen.</param>
    public static void Assign(ParameterSlot slot, Tensor value, bool trains = false)
    {
        var property =
            slot.Owner.GetType().GetProperty(slot.Name)
            ?? throw new InvalidOperationException($"{slot.Owner.GetType().Name} has no settable parameter {slot.Name}.");
        property.SetValue(slot.Owner, new Parameter(value, requires_grad: trains).Kept());
    }

    private static IEnumerable<ParameterSlot> SlotsOf(Module module, string prefix)
    {
        foreach (var (name, parameter) in module.named_parameters(recurse: false))
        {
            yield return new ParameterSlot(prefix + name, module, name, parameter.shape);
        }

        foreach (var (name, child) in module.named_children())
        {
            foreach (var slot in SlotsOf(child, $"{prefix}{name}."))
            {
                yield return slot;
            }
        }
    }
}

/// <summary>One parameter of a model.</summary>
/// <param name="Key">Its key in a checkpoint.</param>
/// <param name="Owner">The layer that has it.</param>
/// <param name="Name">Its name within the layer.</param>
/// <param name="Shape">Its shape.</param>
internal sealed record ParameterSlot(string Key, Module Owner, string Name, long[] Shape)
{
    /// <summary>The shape as text, such as <c>[320, 4, 3, 3]</c>.</summary>
    public string ShapeText => Wording.Shape(Shape);
}
