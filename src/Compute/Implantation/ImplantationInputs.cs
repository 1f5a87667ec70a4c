namespace OrleansOneShot.Compute.Implantation;

/// <summary>What a run works on.</summary>
/// <param name="Photo">The photo file's bytes.</param>
/// <param name="Objects">The objects, at least one.</param>
public sealed record ImplantationInputs(byte[] Photo, IReadOnlyList<ImplantationObject> Objects);
