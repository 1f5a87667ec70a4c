using Microsoft.ML.OnnxRuntime;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;
using OrleansOneShot.Compute.Masks.Onnx;
using OrleansOneShot.Compute.Tests.Imaging;
using OrleansOneShot.TestKit.Models.Masks;
using static OrleansOneShot.TestKit.Models.Masks.OnnxBuilder;

namespace OrleansOneShot.Compute.Tests.Masks.Onnx;

/// <summary>A file of a few hundred bytes takes neither the machine's memory nor its time, and is loaded as nothing but what was looked through.</summary>
public sealed class OnnxLimitsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("oneshot-onnx-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_BytesThatAreAlsoTheRuntimesOwnFormat_AreLoadedAsOnnx()
    {
        // "ORTM" in the fifth byte marks the runtime's own format; here it is the name of the program that wrote the model.
        byte[] both = [0x12, 6, (byte)'x', (byte)'x', .. "ORTM"u8, .. TinySam.Encoder()];

        using var model = OnnxModel.Load(OnnxFile.Check("both.onnx", "sam-encoder", both));

        Assert.Equal(["images"], model.Inputs.Keys);
        Assert.Throws<OnnxRuntimeException>(() => new InferenceSession(both)); // what the runtime makes of it when nobody says what it is
    }

    [Theory]
    [InlineData(30_000)] // 11 GB
    [InlineData(100_000)] // 120 GB
    public void Make_EncoderThatEnlargesItsPicture_IsRefused(long side)
    {
        var model = new OnnxBuilder().Input("input_image", UInt8, null, null, 3).Output("image_embeddings", Float, 1, 3, null, null);
        var planes = model.Node(
            "Unsqueeze",
            [model.Node("Transpose", [model.Node("Cast", ["input_image"], Whole("to", Float))], Wholes("perm", 2, 0, 1)), model.Constant([0L], 1)]
        );
        model.NodeTo("image_embeddings", "Resize", [planes, "", "", model.Constant([1L, 3, side, side], 4)], Words("mode", "nearest"));
        var (encoder, decoder) = (Path.Combine(_folder, "e.onnx"), Path.Combine(_folder, "d.onnx"));
        File.WriteAllBytes(encoder, model.Build());
        File.WriteAllBytes(decoder, TinySam.Decoder());
        using var masker = new SamMasker(encoder, decoder);

        var error = Assert.Throws<InvalidInputException>(() =>
            masker.Make(
                TestPictures.Make(16, 16, (_, _) => (1, 2, 3)),
                new MaskPrompt(new PixelRectangle(0, 0, 8, 8), []),
                TestContext.Current.CancellationToken
            )
        );

        Assert.Contains("e.onnx", error.Message, StringComparison.Ordinal);
        Assert.True(error.Message.Length < 600, error.Message);
    }

    [Fact]
    public void Watch_TimeIsOver_EndsTheRunAndSaysWhy()
    {
        using var run = new RunOptions();
        using var watch = new OnnxWatch(run, long.MaxValue, TimeSpan.Zero);
        watch.Look();
        Assert.True(run.Terminate);
        Assert.Equal("it takes more than 0 minutes", watch.Problem);
    }

    [Fact]
    public void Watch_MemoryIsGone_EndsTheRunAndSaysWhy()
    {
        using var run = new RunOptions();
        using var watch = new OnnxWatch(run, long.MinValue, TimeSpan.MaxValue);
        watch.Look();
        Assert.True(run.Terminate);
        Assert.Contains("GiB of memory", watch.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Watch_WithinItsBounds_LetsTheRunGoOn()
    {
        using var run = new RunOptions();
        using var watch = new OnnxWatch(run, long.MaxValue, TimeSpan.MaxValue);
        watch.Look();
        Assert.False(run.Terminate);
        Assert.Null(watch.Problem);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(OnnxMemory.SmallFile)]
    public void LimitOf_SmallFile_IsTheArenasAtMost(long bytes) => Assert.InRange(OnnxMemory.LimitOf(bytes), 1, OnnxMemory.ArenaBytes);
}
