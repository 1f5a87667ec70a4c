using OrleansOneShot.Fuzz;
using OrleansOneShot.Fuzz.Readers;

namespace OrleansOneShot.Cli.Tests.Fuzz;

/// <summary>Inputs that once showed a fault. Their names say how they end: taken, or refused in words.</summary>
public sealed class CorpusTests
{
    private static readonly string s_corpus = Repository.PathOf("tests", "Fuzz", "Corpus");

    public static TheoryData<string> Cases =>
        [
            .. Directory
                .EnumerateFiles(s_corpus, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(s_corpus, file).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Read_CaseOfTheCorpus_EndsAsItsNameSays(string path)
    {
        using var folders = new Folders();
        var reader = AllReaders.Create(path.Split('/')[0], folders);
        var refused = Path.GetFileName(path).StartsWith("refused-", StringComparison.Ordinal);
        Assert.True(refused || Path.GetFileName(path).StartsWith("taken-", StringComparison.Ordinal), path);

        var error = Record.Exception(() => reader.Read(File.ReadAllBytes(Path.Combine(s_corpus, path))));

        Assert.Equal(refused, error is not null);
        Assert.True(error is null || reader.Documents(error), $"{error}");
        Assert.True((error?.Message.Length ?? 0) <= 2000, $"{error?.Message.Length} characters");
        Assert.DoesNotContain("System.", error?.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Make_SameSeed_GivesTheSameInput()
    {
        using var folders = new Folders();
        foreach (var (kind, create) in AllReaders.Kinds.Where(known => known.Kind is "progress" or "manifest" or "prompt" or "png" or "embeddings"))
        {
            var reader = create(folders);
            Assert.True(Worker.InputOf(reader, 3, 17).AsSpan().SequenceEqual(Worker.InputOf(reader, 3, 17)), kind);
            Assert.False(Worker.InputOf(reader, 3, 17).AsSpan().SequenceEqual(Worker.InputOf(reader, 4, 18)), kind);
        }
    }
}
