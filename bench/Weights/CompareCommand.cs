using System.CommandLine;
using System.Text.Json;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Bench.Weights;

/// <summary><c>bench compare</c>: how far two safetensors files are from each other.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var first = new Argument<string>("FIRST");
        var second = new Argument<string>("SECOND");
        var tolerance = new Option<double>("--tolerance")
        {
            Description = "Largest difference that passes, of the largest value",
            DefaultValueFactory = _ => 0,
        };
        var command = new Command("compare", "Compares the tensors of two safetensors files; exit code 1 if they are further apart")
        {
            first,
            second,
            tolerance,
        };
        command.SetAction(parsed =>
        {
            var line = Compare(parsed.GetValue(first)!, parsed.GetValue(second)!);
            Console.WriteLine(JsonSerializer.Serialize(line));
            return line.SameNames && line.Relative <= parsed.GetValue(tolerance) ? 0 : 1;
        });
        return command;
    }

    private static CompareLine Compare(string first, string second)
    {
        TorchRuntime.Initialise();
        using var scope = NewDisposeScope();
        var (one, other) = (SafetensorsFile.ReadAll(first), SafetensorsFile.ReadAll(second));
        var (largest, scale, differing) = (0.0, 0.0, 0L);
        foreach (var (name, tensor) in one)
        {
            if (!other.TryGetValue(name, out var counterpart) || !tensor.shape.AsSpan().SequenceEqual(counterpart.shape))
            {
                return new CompareLine(one.Count, false, 0, double.MaxValue, double.MaxValue);
            }

            using var inner = NewDisposeScope();
            var difference = (tensor.to(ScalarType.Float64) - counterpart.to(ScalarType.Float64)).abs();
            var most = difference.max().item<double>();
            largest = double.IsNaN(most) ? double.MaxValue : Math.Max(largest, most);
            scale = Math.Max(scale, tensor.to(ScalarType.Float64).abs().max().item<double>());
            differing += difference.Gt(0).sum().item<long>();
        }

        return new CompareLine(one.Count, one.Count == other.Count, differing, largest, largest == 0 ? 0 : largest / Math.Max(scale, double.Epsilon));
    }

    private sealed record CompareLine(int Tensors, bool SameNames, long DifferingValues, double Largest, double Relative);
}
