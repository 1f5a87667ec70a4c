using System.Globalization;
using System.Text.Json.Serialization;

namespace OrleansOneShot.Bench.FanOut;

/// <summary>One line of the measurement.</summary>
internal sealed record FanOutLine(
    [property: JsonPropertyName("silos")] int Silos,
    [property: JsonPropertyName("terms")] int Terms,
    [property: JsonPropertyName("step_seconds")] double StepSeconds,
    [property: JsonPropertyName("speedup")] double Speedup,
    [property: JsonPropertyName("efficiency")] double Efficiency,
    [property: JsonPropertyName("reduce_share")] double ReduceShare,
    [property: JsonPropertyName("transfer_seconds")] double? TransferSeconds,
    [property: JsonPropertyName("bytes_sent")] long BytesSent,
    [property: JsonPropertyName("bytes_received")] long BytesReceived,
    [property: JsonPropertyName("auto")] string Auto
)
{
    public const string Header = "silos  terms  step s   speed-up  efficiency  reduce   echo s   MB out/step  MB in/step  auto";

    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Silos,5}{Terms,7}{StepSeconds,8:0.000}{Speedup,11:0.00}{Efficiency,12:0%}{ReduceShare,8:0.0%}{TransferSeconds,9:0.000}"
                + $"{BytesSent / 1e6,14:0.00}{BytesReceived / 1e6,12:0.00}  {Auto}"
        );
}
