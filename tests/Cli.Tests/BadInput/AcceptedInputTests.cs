using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;
using OrleansOneShot.Recipe;
using OrleansOneShot.TestKit.Models.Masks;

namespace OrleansOneShot.Cli.Tests.BadInput;

/// <summary>Input that is odd, yet can be used.</summary>
public sealed class AcceptedInputTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public void Photo_FullMask_Warns()
    {
        var photo = Photo.Read(
            _folder.Write("photo.png", Pictures.Plain(64, 64, 128)),
            [Cat(_folder.Write("mask.png", Pictures.Plain(64, 64, 255)))],
            ["<cat>"]
        );

        Assert.Contains("covers 100", Assert.Single(photo.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Photo_MaskOfSameAspect_IsResizedWithAWord()
    {
        var photo = Photo.Read(Repository.Sample("cat.png"), [Cat(_folder.Write("mask.png", Pictures.Plain(16, 16, 255)))], ["<cat>"]);

        Assert.Contains(photo.Warnings, warning => warning.Contains("resized", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cat", "cat", "<cat>")]
    [InlineData("teddy bear", "teddy bear", "<teddy-bear>")]
    [InlineData("  Teddy   Bear ", "Teddy Bear", "<teddy-bear>")]
    [InlineData("Katze", "Katze", "<katze>")]
    [InlineData("ko\u0308ttchen", "köttchen", "<koettchen>")]
    [InlineData("बिल्ली cat", "बिल्ली cat", "<cat>")]
    public void ClassName_OfSeveralWords_GivesAToken(string given, string name, string token)
    {
        Assert.Equal(name, ClassName.Check(given));
        Assert.Equal(token, ClassName.DefaultToken(name));
    }

    [Fact]
    public void ClassName_WithoutAsciiLetters_NeedsAToken() => Assert.Null(ClassName.DefaultToken(ClassName.Check("猫")));

    [Fact]
    public void ObjectArgument_AllParts_AreRead() =>
        Assert.Equal(
            new ObjectArgument("m.png", null, "teddy bear", "<ted>", new MaskReading { InvertOption = "invert", ValueOption = "value=" }),
            ObjectArgument.Parse("mask=m.png,class=teddy bear,token=<ted>")
        );

    [Fact]
    public void ObjectArgument_HowItsMaskIsRead_IsRead() =>
        Assert.Equal(
            new MaskReading
            {
                Invert = true,
                Value = new MaskValue(15, null),
                InvertOption = "invert",
                ValueOption = "value=",
            },
            ObjectArgument.Parse("mask=m.png,invert,class=cat,value=15").Reading
        );

    /// <summary>Older silos take what is stored as it is, so it is stored plain.</summary>
    [Fact]
    public void Photo_MaskThatNeedsReading_IsStoredPlain()
    {
        var inverted = _folder.Write("inverted.png", PngWriter.Encode(Turned(ImageReader.Read(Repository.Sample("cat-mask.png")))));

        var photo = Photo.Read(Repository.Sample("cat.png"), [Cat(inverted) with { Reading = new MaskReading { Invert = true } }], ["<cat>"]);

        Assert.Equal(ImageReader.Read(Repository.Sample("cat-mask.png")).Pixels, ImageReader.Read(Assert.Single(photo.Masks), "stored").Pixels);
        Assert.Empty(photo.Warnings);
    }

    [Fact]
    public void Photo_PlainMask_IsStoredAsItIs() =>
        Assert.Equal(
            File.ReadAllBytes(Repository.Sample("cat-mask.png")),
            Assert.Single(Photo.Read(Repository.Sample("cat.png"), [Cat(Repository.Sample("cat-mask.png"))], ["<cat>"]).Masks)
        );

    /// <summary>A picture costs seconds, so it is drawn all the same; a training is not begun.</summary>
    [Fact]
    public void PromptTexts_UnknownIdentifiers_AreToldAllAtOnce()
    {
        var texts = PromptTexts.Read(["a <kttchn>", "a (cat:1.2) <lora:x:0.8>"], "prompt", ["<koettchen>"]);

        Assert.Equal(
            [
                "The prompt \"a <kttchn>\": <kttchn> is no identifier of a learned object. Did you mean <koettchen>?",
                "The prompt \"a (cat:1.2) <lora:x:0.8>\": <lora:x:0.8> is not read here; LoRAs are given beside the prompt. Leave it out, and give the file "
                    + "with --lora x.safetensors:0.8.",
            ],
            texts.Notes
        );
        Assert.StartsWith("The prompt \"a (cat:1.2) <lora:x:0.8>\": (cat:1.2) is how", Assert.Single(texts.Foreign), StringComparison.Ordinal);
        Assert.Equal("negative", Assert.Throws<InvalidInputException>(() => PromptTexts.Read(["<dog>"], "negative", [], refuses: true)).Field);
    }

    [Fact]
    public void Identifiers_OtherThanTheirClass_AreSaid() =>
        Assert.Equal(
            ["The identifier of köttchen is <koettchen>: so it is written in prompts.", "The identifier of cat is <cat-2>: so it is written in prompts."],
            Identifiers.Notes([null, null, null, "<x>"], ["köttchen", "teddy bear", "cat", "猫"], ["<koettchen>", "<teddy-bear>", "<cat-2>", "<x>"])
        );

    [Fact]
    public void ObjectArgument_BoxAndPoints_AreRead()
    {
        var argument = ObjectArgument.Parse("box=1:2:30:40,point=5:6,point=7:8,class=cat");

        Assert.Null(argument.Mask);
        Assert.Equal(new PixelRectangle(1, 2, 30, 40), argument.Prompt!.Box);
        Assert.Equal([new PixelPoint(5, 6), new PixelPoint(7, 8)], argument.Prompt.Points);
    }

    [Fact]
    public void Photo_OneObjectUnderAnother_WarnsOnceWithTheShare()
    {
        var cat = Cat(Repository.Sample("cat-mask.png"));

        var photo = Photo.Read(Repository.Sample("cat.png"), [cat, cat], ["<cat>", "<dog>"]);

        Assert.Equal("100 % of <cat> lies under <dog>'s mask.", Assert.Single(photo.Warnings));
    }

    [OpenCvFact]
    public void Photo_Box_MakesAMaskOfThePhotosSize()
    {
        var photo = Photo.Read(
            Repository.Sample("cat.png"),
            [new ObjectArgument(null, new MaskPrompt(new PixelRectangle(20, 10, 216, 236), []), "cat", null)],
            ["<cat>"]
        );

        var mask = MaskReader.Read(Assert.Single(photo.Masks), "made", 256, 256);
        Assert.InRange(mask.Coverage, 0.1, 0.6);
        Assert.Contains(
            photo.Warnings,
            warning => warning.Contains("<cat>", StringComparison.Ordinal) && warning.Contains("oneshot mask", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Identifiers_TwoObjectsOfOneClass_StayDistinct() =>
        Assert.Equal(["<dog>", "<dog-2>", "<cat>", "<dog-3>"], Identifiers.Choose([null, null, null, null], ["dog", "dog", "cat", "dog"]));

    [Fact]
    public void Identifiers_DefaultThatIsTaken_GoesOnCounting() =>
        Assert.Equal(["<dog-3>", "<dog>", "<dog-2>"], Identifiers.Choose([null, "<dog>", "<dog-2>"], ["dog", "dog", "dog"]));

    [Theory]
    [InlineData("auto", FanOutMode.Auto, 0)]
    [InlineData("local", FanOutMode.Local, 0)]
    [InlineData("synchronous", FanOutMode.Synchronous, 0)]
    [InlineData("periodic:25", FanOutMode.Periodic, 25)]
    public void FanOut_Words_AreRead(string text, FanOutMode mode, int period) =>
        Assert.Equal(new FanOutOptions { Mode = mode, Period = period }, FanOutOptions.Read(text));

    public void Dispose() => _folder.Dispose();

    private static RgbImage Turned(RgbImage image) => new(image.Width, image.Height, [.. image.Pixels.Select(value => (byte)(255 - value))]);

    private static ObjectArgument Cat(string mask) => new(mask, null, "cat", null);
}
