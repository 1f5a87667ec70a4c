namespace OrleansOneShot.Compute.Safetensors;

/// <summary>
/// A file's tensors are not those of a <see cref="TensorSchema"/>. The message is a clause, such as <c>vectors is [3, 32], not [4, 32]</c>; whoever knows the
/// file puts it into a sentence.
/// </summary>
/// <param name="problems">What does not fit.</param>
internal sealed class UnfitTensorsException(string problems) : Exception(problems);
