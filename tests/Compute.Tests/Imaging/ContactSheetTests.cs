using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Tests.Imaging;

public sealed class ContactSheetTests
{
    [Fact]
    public void Render_SmallPictures_AreEnlargedBesideTheReference()
    {
        var red = TestPictures.Make(64, 64, (_, _) => (255, 0, 0));
        var blue = TestPictures.Make(64, 64, (_, _) => (0, 0, 255));
        var sheet = ContactSheet.Render("", [new(red, "reference")], [new(blue, "a <cat> on the beach"), new(blue, "a <cat> on the beach")]);

        Assert.Equal(192 * 192, Count(sheet, 255, 0, 0));
        Assert.Equal(2 * 192 * 192, Count(sheet, 0, 0, 255));
    }

    [Fact]
    public void Render_Captions_AreDrawnWithoutAFontOfTheMachine()
    {
        var picture = TestPictures.Make(64, 64, (_, _) => (255, 255, 255));
        Assert.Equal(0, Dark(ContactSheet.Render("", [], [new(picture, "")])));
        var short1 = Dark(ContactSheet.Render("", [], [new(picture, "cat")]));
        var long1 = Dark(ContactSheet.Render("", [], [new(picture, "a cat with many words below it")]));
        Assert.InRange(short1, 30, 400);
        Assert.True(long1 > 3 * short1, $"{short1} dark pixels for one word, {long1} for seven.");
        Assert.True(Dark(ContactSheet.Render("A title", [], [new(picture, "")])) > 30);
    }

    [Fact]
    public void Render_Twice_GivesTheSamePixels() => Assert.Equal(Sample().Pixels, Sample().Pixels);

    [Fact]
    public void Render_HundredsOfPictures_StaysBounded()
    {
        var picture = TestPictures.Gradient(512, 512);
        var sheet = ContactSheet.Render("many", [], [.. Enumerable.Range(0, 300).Select(i => new SheetPicture(picture, $"prompt {i}"))]);
        Assert.InRange(sheet.Width, 1, 1800); // Four columns of 320 with their gaps.
        Assert.InRange(sheet.Height, 1, 10000); // 96 of the 300 pictures.
    }

    [Fact]
    public void Render_Nothing_Throws() => Assert.Throws<ArgumentException>(() => ContactSheet.Render("", [], []));

    [Theory]
    [InlineData("one two three", 7, "one two|three")]
    [InlineData("abcdefghij", 4, "abcd|efgh|ij")]
    [InlineData("a  b\nc", 9, "a b c")]
    [InlineData("", 5, "")]
    [InlineData("aa bb cc dd ee", 2, "aa|bb|c…")]
    [InlineData("🐈🐈🐈", 4, "🐈🐈|🐈")]
    public void Wrap_Text_BreaksAtSpacesThenAnywhere(string text, int width, string expected) =>
        Assert.Equal(expected, string.Join('|', TextLayout.Wrap(text, width, 3, s => s.Length)));

    private static RgbImage Sample() =>
        ContactSheet.Render("<cat>", [new(TestPictures.Gradient(64, 64), "reference: cat")], [new(TestPictures.Gradient(64, 48), "a <cat> in the snow")]);

    private static int Dark(RgbImage image) => Enumerable.Range(0, image.Width * image.Height).Count(i => image.Pixels[i * 3] < 128);

    private static int Count(RgbImage image, int r, int g, int b) =>
        Enumerable
            .Range(0, image.Width * image.Height)
            .Count(i => image.Pixels[i * 3] == r && image.Pixels[(i * 3) + 1] == g && image.Pixels[(i * 3) + 2] == b);
}
