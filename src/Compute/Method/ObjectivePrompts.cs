using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>The token ids of the training prompts, and the constant embeddings of the class names.</summary>
/// <param name="Global">c: names all objects, (1, L).</param>
/// <param name="Objects">c_m,i: names object i alone, each (1, L).</param>
/// <param name="Own">c_p,i: the object's tokens and nothing else, each (1, L).</param>
/// <param name="ClassEmbeddings">T(c_c,i), each (1, joint); empty without a CLIP.</param>
public sealed record ObjectivePrompts(Tensor Global, IReadOnlyList<Tensor> Objects, IReadOnlyList<Tensor> Own, IReadOnlyList<Tensor> ClassEmbeddings);
