using System.Text;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Documents.Tests.Requests;

public sealed class RequestJsonTests
{
    private static readonly ImplantationRequest s_good = RequestLimits.Good;

    [Fact]
    public void Write_NoMetadata_LeavesThemOut()
    {
        var text = RequestJson.Write(s_good);
        Assert.DoesNotContain("metadata", text, StringComparison.Ordinal);
        Assert.Empty(Read(text).Metadata);
    }

    [Fact]
    public void Write_Mask_IsAsEarlierVersionsWroteIt()
    {
        var text = RequestJson.Write(s_good);
        Assert.DoesNotContain("box", text, StringComparison.Ordinal);
        Assert.All(
            ["preview_every", "token_learning_rate", "min_snr_gamma", "augment", "mask_dilate", "mask_feather", "prototype_distance"],
            field => Assert.DoesNotContain(field, text, StringComparison.Ordinal)
        );
        Assert.Contains("\"mask\": \"bbbb", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Box_IsFourNumbersInPlaceOfAMask()
    {
        var text = RequestJson.Write(s_good with { Objects = [s_good.Objects[0] with { Mask = null, Box = [1, 2, 30, 40] }] });
        Assert.DoesNotContain("mask\"", text, StringComparison.Ordinal);
        var back = Read(text);
        Assert.Null(back.Objects[0].Mask);
        Assert.Equal([1, 2, 30, 40], back.Objects[0].Box!.Value);
        Assert.Equal("image", Assert.Single(back.Inputs()).Field);
    }

    [Theory]
    [InlineData("null", null)]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    public void Read_PreviewEvery_NullIsTheDefaultAnd0IsNone(string json, int? every)
    {
        var text = RequestJson
            .Write(s_good)
            .Replace("\"checkpoint_every\": 10", $"\"checkpoint_every\": 10, \"preview_every\": {json}", StringComparison.Ordinal);
        Assert.Equal(every, Read(text).Training.PreviewEvery);
    }

    [Fact]
    public void Write_Metadata_AreReadBackInTheOrderOfTheirKeys()
    {
        var metadata = new Dictionary<string, string>
        {
            ["run.id"] = "<7>",
            ["B"] = "",
            ["a"] = "ä",
        };
        var text = RequestJson.Write(s_good with { Metadata = metadata });
        Assert.Contains("\"metadata\": {\n    \"B\": \"\",\n    \"a\": \"ä\",\n    \"run.id\": \"<7>\"\n  }", text, StringComparison.Ordinal);
        var back = Read(text);
        Assert.Equal(["B", "a", "run.id"], back.Metadata.Keys);
        Assert.Equal("<7>", back.Metadata["run.id"]);
        Assert.Equal(text, RequestJson.Write(back));

        // What was given may change afterwards.
        var request = s_good with
        {
            Metadata = metadata,
        };
        metadata.Clear();
        Assert.Equal(3, request.Metadata.Count);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"a":null}""")]
    [InlineData("""{"a":1}""")]
    [InlineData("""{"a":"1","a":"2"}""")]
    [InlineData("""{"a":{"b":"c"}}""")]
    public void Read_OtherMetadata_AreRefused(string metadata) =>
        Assert.Equal("UnusableJsonException", Record.Exception(() => Read(With(metadata)))?.GetType().Name);

    [Fact]
    public void Read_MetadataOutOfTheirLimits_AreRefusedByField()
    {
        Assert.Equal("metadata.a", Assert.Throws<OneShotException>(() => Read(With("""{"a":"\u0007"}"""))).Detail.Field);
        Assert.Equal("metadata", Assert.Throws<OneShotException>(() => Read(With("""{"a b":"c"}"""))).Detail.Field);
    }

    private static string With(string metadata) => RequestJson.Write(s_good).TrimEnd()[..^1].TrimEnd() + $",\n  \"metadata\": {metadata}\n}}\n";

    private static ImplantationRequest Read(string text) => RequestJson.Read(Encoding.UTF8.GetBytes(text));
}
