namespace OrleansOneShot.Common.Tests;

public sealed class WordingTests
{
    [Fact]
    public void List_Few_NamesAll()
    {
        Assert.Equal("", Wording.List([]));
        Assert.Equal("a, b", Wording.List(["a", "b"]));
        Assert.Equal("1; 2; 3; 4; 5; 6; 7; 8", Wording.List(Enumerable.Range(1, 8).Select(i => $"{i}"), "; "));
    }

    [Fact]
    public void List_Many_SaysHowManyMore() => Assert.Equal("k0, k1, k2 and 1,204 more", Wording.List(Enumerable.Range(0, 1207).Select(i => $"k{i}"), most: 3));

    [Fact]
    public void List_LongItems_AreCut()
    {
        var text = Wording.List(Enumerable.Repeat(new string('x', 100_000), 50));
        Assert.True(text.Length <= (Wording.MostItems * (Wording.LongestItem + 2)) + 20, $"{text.Length} units");
        Assert.EndsWith(" and 42 more", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Shape_ManyDimensions_IsCut() => Assert.Equal("[1, 1, 1, 1, 1, 1, 1, 1 and 2,992 more]", Wording.Shape(Enumerable.Repeat(1L, 3000)));

    [Theory]
    [InlineData("abc", 3, "abc")]
    [InlineData("abcd", 3, "ab…")]
    [InlineData("ab\U0001F600cd", 4, "ab…")]
    [InlineData("ab\U0001F600cd", 5, "ab\U0001F600…")]
    public void Cut_AtARune(string text, int longest, string expected) => Assert.Equal(expected, Wording.Cut(text, longest));

    [Fact]
    public void Bounded_ControlCharacters_NeverReachATerminal() => Assert.Equal("a\uFFFD[31m\nb\t\uFFFDc", Wording.Bounded("a\u001b[31m\nb\t\0c"));

    [Theory]
    [InlineData("Unable to cast object of type 'System.String' to type 'System.Collections.Generic.List`1[System.Int32]'.\n   at Somewhere", "Unable to cast object of type '(internal)' to type '(internal)'.")]
    [InlineData("The silo System 3 is away. See oneshot doctor.", "The silo System 3 is away. See oneshot doctor.")]
    public void WithoutTypes_NamesOfTypes_AreLeftOut(string message, string expected) => Assert.Equal(expected, Wording.WithoutTypes(message));

    [Fact]
    public void Bounded_LongMessage_IsCut() => Assert.Equal(Wording.LongestMessage, Wording.Bounded(new string('x', 13_000_000)).Length);
}
