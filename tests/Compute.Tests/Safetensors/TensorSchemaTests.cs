using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Safetensors;

public sealed class TensorSchemaTests : IDisposable
{
    private static readonly TensorSchema s_schema = new TensorSchema()
        .With("a", [ScalarType.Float32], [2, TensorSchema.Any])
        .With("step", [ScalarType.Int64], [])
        .With("free", TensorSchema.Floating, [2], finite: false);
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"oneshot-schema-{Guid.NewGuid():N}.safetensors");

    public void Dispose() => File.Delete(_path);

    public static TheoryData<string, string> Misfits =>
        new()
        {
            { "missing", "a is missing" },
            { "type", "a is of type F64, not F32" },
            { "types", "free is of type I32, not F32 or F16 or BF16 or F64" },
            { "shape", "a is [3, 3], not [2, n]" },
            { "rank", "step is [1], not []" },
            { "more", "more is unexpected" },
            { "nan", "a holds values that are not finite" },
            { "infinite", "a holds values that are not finite" },
            { "both", "a is [3, 3], not [2, n]; step is of type F32, not I64" },
        };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void Read_Misfit_IsNamedAndNothingIsHandedOut(string what, string expected)
    {
        using var scope = NewDisposeScope();
        var tensors = Sound();
        switch (what)
        {
            case "missing":
                tensors.Remove("a");
                break;
            case "type":
                tensors["a"] = zeros(2, 5, dtype: ScalarType.Float64);
                break;
            case "types":
                tensors["free"] = zeros(2, dtype: ScalarType.Int32);
                break;
            case "shape":
                tensors["a"] = zeros(3, 3);
                break;
            case "rank":
                tensors["step"] = tensor([1L]);
                break;
            case "more":
                tensors["more"] = zeros(1);
                break;
            case "nan":
                tensors["a"] = TensorMath.Full([2, 5], double.NaN);
                break;
            case "infinite":
                tensors["a"] = TensorMath.Full([2, 5], double.NegativeInfinity);
                break;
            case "both":
                (tensors["a"], tensors["step"]) = (zeros(3, 3), zeros([]));
                break;
        }

        SafetensorsWriter.Write(_path, tensors);
        using var file = SafetensorsFile.Open(_path);
        Assert.Equal(expected, Assert.Throws<UnfitTensorsException>(() => s_schema.Read(file)).Message);
    }

    [Fact]
    public void Read_Fit_IsRead()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(_path, Sound());
        using var file = SafetensorsFile.Open(_path);
        var tensors = s_schema.Read(file);
        Assert.Equal(["a", "step", "free"], tensors.Keys);
        Assert.Equal((7L, true), (tensors["step"].item<long>(), tensors["free"].isnan().all().item<bool>()));
    }

    [Fact]
    public void Check_ManyMisfits_AreCut()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(_path, Enumerable.Range(0, 1000).ToDictionary(i => $"t{i}", _ => zeros(1)));
        using var file = SafetensorsFile.Open(_path);
        var message = Assert.Throws<UnfitTensorsException>(() => s_schema.Check(file.Header)).Message;
        Assert.EndsWith(" and 995 more", message, StringComparison.Ordinal);
    }

    private static Dictionary<string, Tensor> Sound() =>
        new()
        {
            ["a"] = ones(2, 5),
            ["step"] = tensor(7L),
            ["free"] = TensorMath.Full([2], double.NaN),
        };
}
