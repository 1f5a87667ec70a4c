using System.Text.Json.Serialization;

namespace OrleansOneShot.Bench;

/// <summary>What one case took: a line of the output.</summary>
internal sealed record BenchResult(
    [property: JsonPropertyName("case")] string Case,
    [property: JsonPropertyName("dtype")] string Precision,
    [property: JsonPropertyName("batch")] int Batch,
    [property: JsonPropertyName("seconds")] double Seconds,
    [property: JsonPropertyName("gemm_gflops")] double GemmGflops,
    [property: JsonPropertyName("peak_gb")] double PeakGb,
    [property: JsonPropertyName("device")] string Device,
    [property: JsonPropertyName("pixels")] int Pixels,
    [property: JsonPropertyName("threads")] int Threads,
    [property: JsonPropertyName("device_gb"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? DeviceGb
);
