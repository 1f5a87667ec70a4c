namespace OrleansOneShot.Architecture.Tests;

/// <summary>What formatter and analyzers leave open: lengths of lines, also in comments, and of files.</summary>
public sealed class SourceTests
{
    private const int Columns = 160;
    private const int Lines = 400;

    // Tables and scenes that belong together, one row or test beside the other.
    private static readonly string[] s_longFiles =
    [
        "tests/Compute.Tests/Models/ModelFolderTests.cs",
        "tests/Grains.Tests/FanOut/StepCoordinatorTests.cs",
        "tests/Grains.Tests/SchedulerNeedsTests.cs",
        "tests/Silo.Tests/Engine/ComputeTrainingEngineTests.cs",
        "tests/Silo.Tests/Engine/Options/OptionEffects.cs",
    ];

    private static readonly string[] s_folders = ["src", "tests", "bench"];

    public static TheoryData<string> Folders => [.. s_folders];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Lines_OfCodeAndComments_FitIn160Columns(string folder)
    {
        var files = Sources(folder).ToList();
        Assert.NotEmpty(files);
        Assert.Equal([], files.SelectMany(TooLong));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Files_HaveAtMost400Lines(string folder) =>
        Assert.Equal([], Sources(folder).Where(file => File.ReadLines(file).Count() > Lines).Select(Name).Except(s_longFiles));

    [Fact]
    public void LongFiles_WithAReason_AreStillLong() =>
        Assert.Equal([], s_longFiles.Where(name => File.ReadLines(Path.Combine(Repository.Root, name)).Count() <= Lines));

    private static IEnumerable<string> Sources(string folder) =>
        Directory
            .EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !Name(file).Split('/').Any(part => part is "bin" or "obj"));

    private static string Name(string file) => Path.GetRelativePath(Repository.Root, file).Replace(Path.DirectorySeparatorChar, '/');

    // Documents and patterns are written as they are: raw and verbatim literals may be as long as what they hold.
    private static IEnumerable<string> TooLong(string file)
    {
        var raw = false;
        var number = 0;
        foreach (var line in File.ReadLines(file))
        {
            number++;
            var marks = line.Split("\"\"\"").Length - 1;
            var within = raw || marks > 0;
            raw ^= marks % 2 == 1;
            if (line.Length > Columns && !within && !line.Contains("@\"", StringComparison.Ordinal))
            {
                yield return $"{Name(file)}:{number}: {line.Length} columns";
            }
        }
    }
}
