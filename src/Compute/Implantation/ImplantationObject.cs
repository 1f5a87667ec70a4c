namespace OrleansOneShot.Compute.Implantation;

/// <summary>One object to implant.</summary>
/// <param name="Class">Class name, such as "cat".</param>
/// <param name="Token">Identifier token, such as "&lt;cat&gt;".</param>
/// <param name="Mask">The mask file's bytes.</param>
public sealed record ImplantationObject(string Class, string Token, byte[] Mask);
