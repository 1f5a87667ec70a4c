using System.Security.Cryptography;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>What a run works on.</summary>
/// <param name="Photo">The photo file's bytes.</param>
/// <param name="Objects">The objects, at least one.</param>
public sealed record ImplantationInputs(byte[] Photo, IReadOnlyList<ImplantationObject> Objects)
{
    /// <summary>The masks by their content.</summary>
    /// <returns>SHA-256 and length of each, such as <c>ab12...:4711</c>, in the order of the objects, a space between two.</returns>
    public string DescribeMasks() =>
        string.Join(' ', Objects.Select(o => FormattableString.Invariant($"{Convert.ToHexStringLower(SHA256.HashData(o.Mask))}:{o.Mask.Length}")));
}

/// <summary>One object to implant.</summary>
/// <param name="Class">Class name, such as "cat".</param>
/// <param name="Token">Identifier token, such as "&lt;cat&gt;".</param>
/// <param name="Mask">The mask file's bytes.</param>
public sealed record ImplantationObject(string Class, string Token, byte[] Mask);
