using static TorchSharp.torch;

namespace OrleansOneShot.Bench;

/// <summary>One thing that is measured.</summary>
/// <param name="Name">What: one of <see cref="BenchCases.Names"/>.</param>
/// <param name="Precision"><c>fp32</c> or <c>bf16</c>.</param>
/// <param name="Batch">Rows in the batch, 1 or more.</param>
internal sealed record BenchCase(string Name, string Precision, int Batch)
{
    /// <summary>Where: "cpu" or "cuda:N".</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Side of the pictures.</summary>
    public int Pixels { get; init; } = 512;

    public ScalarType Type => Precision == "bf16" ? ScalarType.BFloat16 : ScalarType.Float32;
}
