using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using OrleansOneShot.Compute.Results;

namespace OrleansOneShot.Compute.Tests.Results;

public sealed partial class ResultReadmeTests
{
    /// <summary>The text is long: it is kept beside this file.</summary>
    [Fact]
    public void Write_SampleCat_IsTheGolden() =>
        Assert.Equal(
            File.ReadAllText(Repository.PathOf("tests", "Compute.Tests", "Results", "cat.README.md")).ReplaceLineEndings("\n"),
            ResultReadme.Write(Summaries.Cat)
        );

    [Fact]
    public void Write_SampleCat_HasLinesForEveryProgram()
    {
        var text = ResultReadme.Write(Summaries.Cat);

        Assert.Contains("oneshot generate --implantation . --prompt 'a <cat> on the beach'", text, StringComparison.Ordinal);
        Assert.Contains("pipeline.load_lora_weights(\".\", weight_name=\"cat.safetensors\")", text, StringComparison.Ordinal);
        Assert.Contains("pipeline.load_textual_inversion(\"learned_embeds/oneshot-cat.safetensors\", token=\"<cat>\")", text, StringComparison.Ordinal);
        Assert.Contains("a oneshot-cat on the beach <lora:cat:1>", text, StringComparison.Ordinal);
        Assert.Contains("a embedding:oneshot-cat on the beach", text, StringComparison.Ordinal);
        Assert.Contains("like this cat: 0.61; any cat: 0.51", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_PersonalizationGuidance_IsInTheCommandAndSaidToBeOursAlone()
    {
        var text = ResultReadme.Write(Summaries.Cat with { Options = Summaries.Cat.Options with { PersonalizationGuidance = 1.5 } });

        Assert.Contains("--prompt 'a <cat> on the beach' --personalization-guidance 1.5 --count 4", text, StringComparison.Ordinal);
        Assert.Contains("which the programs below don't have", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Write_PythonLines_AreSyntacticallyRight(bool hostile)
    {
        var code = Assert.Single(Blocks(ResultReadme.Write(hostile ? Summaries.HostileScene : Summaries.Cat)), block => block.Language == "python").Code;
        Assert.StartsWith("import torch\nfrom diffusers import StableDiffusionPipeline\n", code, StringComparison.Ordinal);
        Assert.EndsWith(").images[0]\npicture.save(\"picture.png\")", code, StringComparison.Ordinal);
        Assert.SkipUnless(HasPython(), "There is no python3.");
        using var python = Process.Start(
            new ProcessStartInfo("python3", ["-c", "import ast, sys; print(ast.dump(ast.parse(sys.stdin.buffer.read())))"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        python.StandardInput.BaseStream.Write(Encoding.UTF8.GetBytes(code));
        python.StandardInput.Close();
        var (tree, error) = (python.StandardOutput.ReadToEnd(), python.StandardError.ReadToEnd());
        python.WaitForExit();
        Assert.True(python.ExitCode == 0, error);

        // Nothing from outside became code: an import each, the assignments, the calls.
        Assert.Equal(hostile ? 9 : 8, Statement().Count(tree));
    }

    [Fact]
    public void Write_HostileText_StaysWithinItsPlace()
    {
        var text = ResultReadme.Write(Summaries.HostileScene);

        // Outside code nothing begins a tag, a link, a picture or an entity.
        Assert.DoesNotMatch("[<\\[&]|\\$\\(", Prose(text));
        var shell = Blocks(text).Where(block => block.Language == "bash").ToList();
        Assert.Equal(4, shell.Count);
        Assert.All(shell.Take(3), block => Assert.Contains("'\\''", block.Code, StringComparison.Ordinal));
    }

    [Fact]
    public void Write_NothingDrawnOrMeasured_LeavesThatOut()
    {
        var text = ResultReadme.Write(
            Summaries.Cat with
            {
                Pictures = [],
                Command = null,
                Objects = [Summaries.Cat.Objects[0] with { Likeness = null, PlainLikeness = null }],
                Options = Summaries.Cat.Options with { Prompts = [] },
            }
        );

        Assert.DoesNotContain("## How like it is", text, StringComparison.Ordinal);
        Assert.DoesNotContain("sheet.png", text, StringComparison.Ordinal);
        Assert.DoesNotContain("## Make it again", text, StringComparison.Ordinal);
        Assert.Contains("--prompt 'a photo of <cat>'", text, StringComparison.Ordinal);
    }

    /// <summary>The fenced blocks, as CommonMark finds them.</summary>
    private static IEnumerable<(string Language, string Code)> Blocks(string markdown)
    {
        string? fence = null;
        var (language, code) = ("", new List<string>());
        foreach (var line in markdown.Split('\n'))
        {
            if (fence is null && Fence().Match(line) is { Success: true } opening)
            {
                (fence, language, code) = (opening.Groups[1].Value, opening.Groups[2].Value, []);
            }
            else if (fence is not null && line.TrimEnd('`').Length == 0 && line.Length >= fence.Length)
            {
                yield return (language, string.Join('\n', code));
                fence = null;
            }
            else if (fence is not null)
            {
                code.Add(line);
            }
        }

        Assert.Null(fence);
    }

    /// <summary>What is neither code nor escaped.</summary>
    private static string Prose(string markdown)
    {
        var text = Blocks(markdown).Aggregate(markdown, (rest, block) => rest.Replace(block.Code, "", StringComparison.Ordinal));
        var prose = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var run = text.AsSpan(i).IndexOfAnyExcept('`');
            if (text[i] == '\\')
            {
                i++;
            }
            else if (run == 0)
            {
                prose.Append(text[i]);
            }
            else if (run > 0)
            {
                // To the next run of as many backticks, on the same line; without one they are text.
                var line = text[(i + run)..text.IndexOf('\n', i)];
                var end = Regex.Match(line, $"(?<!`)`{{{run}}}(?!`)");
                i += run - 1 + (end.Success ? end.Index + run : 0);
            }
        }

        return prose.ToString();
    }

    private static bool HasPython() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "python3")));

    [GeneratedRegex("^(`{3,})([a-z]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\b(?:Import|ImportFrom|Assign|Expr)\(", RegexOptions.CultureInvariant)]
    private static partial Regex Statement();
}
