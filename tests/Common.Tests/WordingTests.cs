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
    [InlineData(0, "0 s")]
    [InlineData(90, "90 s")]
    [InlineData(600, "10 min")]
    [InlineData(5400, "1.5 h")]
    public void Duration_OfSeconds_IsInTheUnitThatReadsBest(int seconds, string text) => Assert.Equal(text, Wording.Duration(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("abc", 3, "abc")]
    [InlineData("abcd", 3, "ab…")]
    [InlineData("ab\U0001F600cd", 4, "ab…")]
    [InlineData("ab\U0001F600cd", 5, "ab\U0001F600…")]
    [InlineData("abe\u0301cd", 4, "ab…")]
    [InlineData("abe\u0301cd", 5, "abe\u0301…")]
    [InlineData("a\U0001F468\u200D\U0001F469\u200D\U0001F467bcd", 8, "a…")]
    [InlineData("\U0001F468\u200D\U0001F469\u200D\U0001F467bcd", 3, "\U0001F468…")]
    [InlineData("\U0001F600b", 1, "…")]
    [InlineData("\U0001F600bc", 2, "…")]
    public void Cut_AtACharacter(string text, int longest, string expected) => Assert.Equal(expected, Wording.Cut(text, longest));

    [Theory]
    [InlineData("cat\U0001F431", 3, "\U0001F431")]
    [InlineData("cat\U0001F431", 4, "\U0001F431")]
    [InlineData("ce\u0301t", 2, "e\u0301")]
    [InlineData("cat", 0, "c")]
    public void CharacterAt_PartOfOne_IsAllOfIt(string text, int index, string expected) => Assert.Equal(expected, Wording.CharacterAt(text, index));

    [Fact]
    public void Bounded_ControlCharacters_NeverReachATerminal() => Assert.Equal("a\uFFFD[31m\nb\t\uFFFDc", Wording.Bounded("a\u001b[31m\nb\t\0c"));

    [Theory]
    [InlineData(
        "Unable to cast object of type 'System.String' to type 'System.Collections.Generic.List`1[System.Int32]'.\n   at Somewhere",
        "Unable to cast object of type '(internal)' to type '(internal)'."
    )]
    [InlineData("The silo System 3 is away. See oneshot doctor.", "The silo System 3 is away. See oneshot doctor.")]
    public void WithoutTypes_NamesOfTypes_AreLeftOut(string message, string expected) => Assert.Equal(expected, Wording.WithoutTypes(message));

    [Fact]
    public void Bounded_LongMessage_IsCut() => Assert.Equal(Wording.LongestMessage, Wording.Bounded(new string('x', 13_000_000)).Length);
}
