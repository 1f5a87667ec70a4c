using System.Text;
using OrleansOneShot.Compute.Results;

namespace OrleansOneShot.Compute.Tests.Results;

public sealed class HtmlElementTests
{
    [Theory]
    [InlineData("a & b", "a &amp; b")]
    [InlineData("<b>\"'", "&lt;b&gt;&quot;'")]
    [InlineData("line\nnext\ttab", "line\nnext\ttab")]
    [InlineData("\0\u0001\r\u007f\u0085\ufdd0\uffff", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd")]
    [InlineData("\ud83d\ude00", "\ud83d\ude00")]
    public void WriteTo_TextAndAttribute_AreEncoded(string text, string encoded)
    {
        var page = new StringBuilder();
        new HtmlElement("span", ("title", text)) { text }.WriteTo(page);
        Assert.Equal($"<span title=\"{encoded}\">{encoded}</span>", page.ToString());
    }

    // Attributes of a test are UTF-8, which has no half of a pair.
    [Fact]
    public void Encode_HalfOfAPair_IsReplaced()
    {
        var page = new StringBuilder();
        HtmlElement.Encode(page, "a\ud800b");
        Assert.Equal("a\ufffdb", page.ToString());
    }

    [Theory]
    [InlineData("script")]
    [InlineData("style")]
    [InlineData("iframe")]
    [InlineData("p><b")]
    [InlineData("")]
    public void New_ElementThatCouldRunOrLoad_IsRefused(string name) => Assert.Throws<ArgumentException>(() => new HtmlElement(name));

    [Theory]
    [InlineData("onclick", "x")]
    [InlineData("style", "color: red")]
    [InlineData("href", "https://example.org")]
    [InlineData("src", "https://example.org/x.png")]
    [InlineData("src", "data:text/html,x")]
    [InlineData("a b", "x")]
    [InlineData("a=b", "x")]
    public void New_AttributeThatCouldRunOrLoad_IsRefused(string name, string value) =>
        Assert.Throws<ArgumentException>(() => new HtmlElement("img", (name, value)));

    [Theory]
    [InlineData(1.005, "1")]
    [InlineData(12.3456, "12.35")]
    [InlineData(-0.5, "-0.5")]
    public void Number_AnyValue_HasTwoDigitsAtMost(double value, string text) => Assert.Equal(text, HtmlElement.Number(value));
}
