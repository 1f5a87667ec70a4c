using System.Diagnostics;

namespace OrleansOneShot.Common.Tests;

public sealed class ShellWordsTests
{
    [Theory]
    [InlineData("--steps", "--steps")]
    [InlineData("a/b_c.png", "a/b_c.png")]
    [InlineData("", "''")]
    [InlineData("<cat>", "'<cat>'")]
    [InlineData("it's", "'it'\\''s'")]
    [InlineData("~", "'~'")]
    public void Quote_Word_IsQuotedWhereItNeedsBe(string word, string quoted) => Assert.Equal(quoted, ShellWords.Quote(word));

    [Theory]
    [InlineData("a <cat> $(id) `id` \\ \"x\" 'y' !1 *?[a] #c ; & | > /dev/null")]
    [InlineData("line\nline")]
    [InlineData("é猫😀")]
    [InlineData("")]
    public void Quote_Word_ArrivesAsItIs(string word)
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "There is no /bin/sh.");
        using var shell = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", $"printf '%s.' {ShellWords.Quote(word)}"])
            {
                RedirectStandardOutput = true,
                StandardOutputEncoding = System.Text.Encoding.UTF8,
            }
        )!;
        var text = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        Assert.Equal($"{word}.", text);
    }
}
