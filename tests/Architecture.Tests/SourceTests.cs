namespace OrleansOneShot.Architecture.Tests;

/// <summary>What formatter and analyzers leave open: lengths of lines, also in comments, and of files.</summary>
public sealed class SourceTests
{
    private const int Columns = 160;
    private const int Lines = 400;

    // Tables and scenes that belong together, one row or test beside the other.
    private static readonly string[] s_longFiles =
    [
        "tests/Compute.Tests/Models/Loading/ModelFolderTests.cs",
        "tests/Grains.Tests/FanOut/StepCoordinatorTests.cs",
        "tests/Grains.Tests/Scheduling/SchedulerNeedsTests.cs",
        "tests/Silo.Tests/Engine/ComputeTrainingEngineTests.cs",
        "tests/Silo.Tests/Engine/Options/OptionEffects.cs",
    ];

    private static readonly string[] s_folders = ["src", "tests", "bench", "examples"];

    public static TheoryData<string> Folders => [.. s_folders];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Lines_OfCodeAndComments_FitIn160Columns(string folder)
    {
        var files = Repository.Sources(folder).ToList();
        Assert.NotEmpty(files);
        Assert.Equal([], files.SelectMany(TooLong));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Files_HaveAtMost400Lines(string folder) =>
        Assert.Equal([], Repository.Sources(folder).Where(file => File.ReadLines(file).Count() > Lines).Select(Repository.NameOf).Except(s_longFiles));

    [Fact]
    public void LongFiles_WithAReason_AreStillLong() =>
        Assert.Equal([], s_longFiles.Where(name => File.ReadLines(Path.Combine(Repository.Root, name)).Count() <= Lines));

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
                yield return $"{Repository.NameOf(file)}:{number}: {line.Length} columns";
            }
        }
    }
}
