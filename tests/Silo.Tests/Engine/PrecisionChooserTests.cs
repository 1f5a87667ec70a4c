using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Silo.Tests.Engine;

public sealed class PrecisionChooserTests : IDisposable
{
    private static readonly PrecisionTimes s_quiet = new(0.1, 0.2, IsSmall: false);
    private static readonly PrecisionTimes s_loaded = new(0.9, 0.5, IsSmall: false) { UnderLoad = true };
    private readonly TestData _data = new();
    private readonly Queue<PrecisionTimes> _measured = new();
    private readonly List<string> _said = [];

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Decide_MeasuredUnderLoad_IsSaidAndMeasuredAgainUntilItIsQuiet()
    {
        Assert.Equal(Precision.Bf16, Decide(s_loaded));
        Assert.Contains("under load, so it is measured again next time", _said[^1], StringComparison.Ordinal);

        // Load makes slower, never faster: the better of both counts.
        Assert.Equal(Precision.Fp32, Decide(s_loaded with { Fp32Seconds = 0.55, Bf16Seconds = 2 }));
        Assert.Equal(Precision.Fp32, Decide(s_quiet));
        Assert.DoesNotContain("under load", _said[^1], StringComparison.Ordinal);

        Assert.Equal(Precision.Fp32, Decide(s_loaded));
        Assert.Single(_measured); // nobody asked for it
    }

    [Fact]
    public void Decide_ChoiceOfAnEarlierVersion_StaysAsItIs()
    {
        Decide(s_quiet);
        var file = Path.Combine(_data.Folder.Root, "precision.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace(",\"UnderLoad\":false", "", StringComparison.Ordinal));
        Assert.DoesNotContain("UnderLoad", File.ReadAllText(file), StringComparison.Ordinal);

        Assert.Equal(Precision.Fp32, Decide(s_loaded));
        Assert.Single(_measured);
    }

    private Precision Decide(PrecisionTimes next)
    {
        _measured.Clear();
        _measured.Enqueue(next);
        return new PrecisionChooser(_data.Folder, (_, _, _) => _measured.Dequeue()).Decide(
            Precision.Auto,
            ModelFolder.Open(new ModelCatalog(_data.Folder).GetFolder(ModelCatalog.Default)),
            64,
            "cpu",
            _said.Add
        );
    }
}
