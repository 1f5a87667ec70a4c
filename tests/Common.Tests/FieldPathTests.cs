namespace OrleansOneShot.Common.Tests;

public sealed class FieldPathTests
{
    [Theory]
    [InlineData("metadata", "run", "metadata.run")]
    [InlineData("", "run", "run")]
    [InlineData("metadata", "a.b", "metadata['a.b']")]
    [InlineData("", "a[0]", "['a[0]']")]
    [InlineData("objects[1]", "token", "objects[1].token")]
    [InlineData("metadata", "", "metadata['']")]
    public void Join_OfAName_QuotesWhatWouldRunIntoOthers(string path, string name, string joined)
    {
        Assert.Equal(joined, FieldPath.Join(path, name));
        Assert.Equal(name, FieldPath.Split(joined).Last());
    }

    [Theory]
    [InlineData("objects[1].token", "objects", "1", "token")]
    [InlineData("metadata['a.b']", "metadata", "a.b")]
    [InlineData("metadata['a'].b", "metadata", "a", "b")]
    [InlineData("$.metadata['a.b'][2]", "metadata", "a.b", "2")]
    [InlineData("a['it's']']", "a", "it's']")]
    [InlineData("['open", "'open")]
    [InlineData("$")]
    [InlineData("")]
    [InlineData(null)]
    public void Split_OfAPath_GivesEachNameWhole(string? path, params string[] names) => Assert.Equal(names, FieldPath.Split(path));
}
