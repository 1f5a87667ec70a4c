using System.Text;

namespace OrleansOneShot.Common.Tests;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("""{"a": 1, "b": {"c": [1, 2]}}""", "b", """{"a": 1}""")]
    [InlineData("""{"b": 2, "a": 1}""", "b", """{, "a": 1}""")]
    [InlineData("""{"a": {"b": 2}}""", "b", """{"a": {"b": 2}}""")]
    [InlineData("""{"a": "b"}""", "b", """{"a": "b"}""")]
    [InlineData("""{"a": 1""", "b", """{"a": 1""")]
    [InlineData("no JSON", "b", "no JSON")]
    [InlineData("", "b", "")]
    public void Without_AMember_LeavesTheOtherBytes(string text, string name, string rest) =>
        Assert.Equal(rest, Encoding.UTF8.GetString(JsonText.Without(Encoding.UTF8.GetBytes(text), name)));
}
