using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Models.Loading;

public sealed class ConvertedWeightsTests : IDisposable
{
    private const string Key = "conv_in.bias";
    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-converted-").FullName;

    private readonly List<string> _damaged = [];

    private string Cache => Path.Combine(_root, "cache");

    [Fact]
    public void Load_InAnotherType_IsConvertedOnceAndMappedFromThenOn()
    {
        using var direct = ModelFolder.Open(Golden.PathOf("sd15-tiny")).LoadUNet(ScalarType.BFloat16, CPU);
        using var first = Load(ScalarType.BFloat16);

        var expected = direct.state_dict();
        Assert.All(
            first.state_dict(),
            pair => Assert.True(pair.Value.dtype == ScalarType.BFloat16 && pair.Value.equal(expected[pair.Key]).all().item<bool>(), pair.Key)
        );

        // What the file says is what the next one gets: it is not converted again.
        Mark(Assert.Single(Files()));
        using var second = Load(ScalarType.BFloat16);
        Assert.Equal(42f, ValueOf(second));
        Assert.NotEqual(42f, ValueOf(first));
    }

    [Fact]
    public void Load_InTheTypeOfTheFiles_NeedsNoCopy()
    {
        Load(ScalarType.Float32).Dispose();

        Assert.False(Directory.Exists(Cache));
    }

    [Fact]
    public void Load_AfterTheModelChanged_IsConvertedAgain()
    {
        var model = Copy();
        Load(ScalarType.BFloat16, model).Dispose();
        Mark(Assert.Single(Files()));
        var weights = Path.Combine(model, "unet", "diffusion_pytorch_model.safetensors");
        Change(weights);

        using var changed = Load(ScalarType.BFloat16, model);

        Assert.NotEqual(42f, ValueOf(changed));
        Assert.Equal(2, Files().Length);
    }

    [Fact]
    public void Load_SameWeightsUnderAnotherPath_AreConvertedOnce()
    {
        Load(ScalarType.BFloat16, Copy()).Dispose();
        Mark(Assert.Single(Files()));
        var link = Path.Combine(_root, "link");
        Directory.CreateSymbolicLink(link, Copy("copy"));

        using var copied = Load(ScalarType.BFloat16, link);

        Assert.Equal(42f, ValueOf(copied));
        Assert.Single(Files());
    }

    [Fact]
    public void Load_LinkThatLeadsElsewhereNow_IsAnotherModel()
    {
        var (model, weights) = (Copy(), Path.Combine("unet", "diffusion_pytorch_model.safetensors"));
        var (first, second) = (Path.Combine(_root, "first.blob"), Path.Combine(_root, "second.blob"));
        File.Move(Path.Combine(model, weights), first);
        File.Copy(first, second);
        Change(second);
        File.SetLastWriteTimeUtc(second, File.GetLastWriteTimeUtc(first)); // only the path tells them apart
        File.CreateSymbolicLink(Path.Combine(model, weights), first);
        Load(ScalarType.BFloat16, model).Dispose();

        File.Delete(Path.Combine(model, weights));
        File.CreateSymbolicLink(Path.Combine(model, weights), second);
        Load(ScalarType.BFloat16, model).Dispose();

        Assert.Equal(2, Files().Length);
    }

    [Fact]
    public void Load_DamagedCopy_IsWrittenAnew()
    {
        Load(ScalarType.BFloat16).Dispose();
        File.WriteAllBytes(Assert.Single(Files()), [1, 2, 3]);

        Load(ScalarType.BFloat16).Dispose();

        Assert.True(new FileInfo(Assert.Single(Files())).Length > 1_000_000);
    }

    [Fact]
    public void Load_ABitOfTheCopyHasFlipped_IsWrittenAnewAndTold()
    {
        using var direct = ModelFolder.Open(Golden.PathOf("sd15-tiny")).LoadUNet(ScalarType.BFloat16, CPU);
        Load(ScalarType.BFloat16).Dispose();
        var file = Assert.Single(Files());
        var sound = File.ReadAllBytes(file);
        var flipped = (byte[])sound.Clone();
        flipped[flipped.Length / 2] ^= 1;
        File.WriteAllBytes(file, flipped);

        using var again = Load(ScalarType.BFloat16);

        var expected = direct.state_dict();
        Assert.All(again.state_dict(), pair => Assert.True(pair.Value.equal(expected[pair.Key]).all().item<bool>(), pair.Key));
        Assert.Equal(sound, File.ReadAllBytes(file));
        Assert.Equal([file], _damaged);
        Load(ScalarType.BFloat16).Dispose();
        Assert.Equal([file], _damaged);
    }

    [Fact]
    public void Load_ACopyOfAnEarlierVersion_IsWrittenAnew()
    {
        Load(ScalarType.BFloat16).Dispose();
        var file = Assert.Single(Files());
        var tensors = SafetensorsFile.ReadAll(file);
        tensors[Key].FillInPlace(42);
        SafetensorsWriter.Write(file, tensors);

        using var unet = Load(ScalarType.BFloat16);

        Assert.NotEqual(42f, ValueOf(unet));
        Assert.Empty(_damaged);
    }

    [Fact]
    public void Load_FolderThatCantBeWritten_ConvertsInMemory()
    {
        File.WriteAllText(Cache, "a file in its place");

        using var unet = Load(ScalarType.BFloat16);

        Assert.Equal(ScalarType.BFloat16, unet.ComputeType);
    }

    [Fact]
    public void Load_BeyondTheBound_DropsTheOldest()
    {
        Load(ScalarType.BFloat16).Dispose();
        var old = Assert.Single(Files());
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-1));

        var other = Copy();
        Change(Path.Combine(other, "unet", "diffusion_pytorch_model.safetensors"));
        Load(ScalarType.BFloat16, other, maximumBytes: new FileInfo(old).Length * 3 / 2).Dispose();

        Assert.NotEqual(old, Assert.Single(Files()));
    }

    [Fact]
    public void Load_SmallPart_IsLeftAlone()
    {
        ModelFolder.Open(Golden.PathOf("sd15-tiny"), converted: new ConvertedWeights(Cache)).LoadUNet(ScalarType.BFloat16, CPU).Dispose();

        Assert.False(Directory.Exists(Cache));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    // The lowest bit of a number.
    private static void Change(string weights)
    {
        var bytes = File.ReadAllBytes(weights);
        bytes[^4] ^= 1;
        File.WriteAllBytes(weights, bytes);
        File.SetLastWriteTimeUtc(weights, File.GetLastWriteTimeUtc(weights).AddSeconds(1));
    }

    private string[] Files() => Directory.GetFiles(Cache, "*.safetensors");

    private static float ValueOf(UNet2DConditionModel unet) => unet.state_dict()[Key][0].to(ScalarType.Float32).item<float>();

    private static void Mark(string file)
    {
        using var scope = NewDisposeScope();
        var tensors = SafetensorsFile.ReadAll(file);
        tensors[Key].FillInPlace(42);
        WeightSeal.Write(file, tensors);
    }

    private UNet2DConditionModel Load(ScalarType type, string? model = null, long maximumBytes = 1 << 30) =>
        ModelFolder
            .Open(model ?? Golden.PathOf("sd15-tiny"), converted: new ConvertedWeights(Cache, maximumBytes, minimumBytes: 0, _damaged.Add))
            .LoadUNet(type, CPU);

    private string Copy(string name = "model")
    {
        var copy = Path.Combine(_root, name);
        foreach (var file in Directory.EnumerateFiles(Golden.PathOf("sd15-tiny"), "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(Golden.PathOf("sd15-tiny"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return copy;
    }
}
