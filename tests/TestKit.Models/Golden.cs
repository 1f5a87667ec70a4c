using OrleansOneShot.Compute.Safetensors;
using static TorchSharp.torch;

namespace OrleansOneShot.TestKit.Models;

/// <summary>The golden files of tests/Goldens and how results are compared with them.</summary>
public static class Golden
{
    /// <summary>A path below tests/Goldens.</summary>
    public static string PathOf(params string[] parts) => Repository.Golden(parts);

    /// <summary>All tensors of a golden file.</summary>
    public static Dictionary<string, Tensor> Read(params string[] parts) => SafetensorsFile.ReadAll(PathOf(parts));

    /// <summary>All tensors of a golden file, on the device of the goldens.</summary>
    public static Dictionary<string, Tensor> ReadTo(Device device, params string[] parts)
    {
        var tensors = Read(parts);
        return device.type == TorchSharp.DeviceType.CPU ? tensors : tensors.ToDictionary(t => t.Key, t => t.Value.to(device).DetachFromDisposeScope());
    }

    /// <summary>Largest absolute difference, divided by the reference's largest absolute value.</summary>
    public static double RelativeDeviation(Tensor actual, Tensor expected)
    {
        Assert.Equal(expected.shape, actual.shape);
        using var scope = NewDisposeScope();
        var reference = expected.cpu().to(ScalarType.Float64);
        var scale = reference.abs().max().item<double>();
        var worst = (actual.detach().cpu().to(ScalarType.Float64) - reference).abs().max().item<double>();
        return scale == 0 ? worst : worst / scale;
    }

    /// <summary>Largest absolute difference.</summary>
    public static double Deviation(Tensor actual, Tensor expected)
    {
        Assert.Equal(expected.shape, actual.shape);
        using var scope = NewDisposeScope();
        return (actual.detach().cpu().to(ScalarType.Float64) - expected.cpu().to(ScalarType.Float64)).abs().max().item<double>();
    }

    /// <summary>
    /// Fails unless the deviation relative to the reference's largest value is within the tolerance. Not-a-number fails. The deviation goes to the test's
    /// output.
    /// </summary>
    public static void AssertClose(Tensor actual, Tensor expected, double relative, string what)
    {
        relative = actual.device_type == TorchSharp.DeviceType.CPU ? relative : TestDevice.Tolerance(relative);
        var deviation = RelativeDeviation(actual, expected);
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {deviation:E2} relative (tolerance {relative:E0})");
        Assert.True(deviation <= relative, $"{what} deviates by {deviation:E3} of the largest value; the tolerance is {relative:E1}.");
    }
}
