using System.Xml.Linq;

namespace OrleansOneShot.Architecture.Tests;

/// <summary>Tests mirror what they test, and share what they need by tests/TestKit and tests/TestKit.Models, not by linked files.</summary>
public sealed class TestProjectTests
{
    // Folders of tests that are no folders of their project.
    private static readonly string[] s_folders =
    [
        "tests/Cli.Tests/BadInput", // of every command
        "tests/Cli.Tests/Fuzz", // what tests/Fuzz found
        "tests/Compute.Tests/Implantation/Reference", // the run once more, in plain arithmetic
        "tests/Silo.Tests/Engine/Options", // every option through the whole engine
        "tests/Silo.Tests/Secrets", // of every address
        "tests/Storage.Tests/Azure", // the project Storage.Azure: what every store has to pass is written once, in Storage.Tests
    ];

    // Tests that are called like a class and lie elsewhere.
    private static readonly string[] s_files =
    [
        "tests/Cli.Tests/Options/ImplantPlanTests.cs", // walks the options
    ];

    public static TheoryData<string> Projects => [.. new[] { "src", "tests", "bench" }.SelectMany(Csproj).Select(Repository.NameOf)];

    public static TheoryData<string> TestProjects =>
        [.. BuiltAssembly.All.Keys.Where(project => Directory.Exists(FolderOfTests(project))).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Files_OfAProject_AreItsOwn(string project)
    {
        var links = Links(XDocument.Load(Path.Combine(Repository.Root, project)));
        Assert.True(links.Count == 0, $"{project} compiles {string.Join(", ", links)}: move what tests share to tests/TestKit or tests/TestKit.Models.");
    }

    [Theory]
    [InlineData("""<Compile Include="..\Storage.Tests\Support\AzuriteServer.cs" Link="Support\AzuriteServer.cs" />""")]
    [InlineData("""<Compile Include="../Storage.Tests/Support/*.cs" LinkBase="Support" />""")]
    [InlineData("""<Compile Include="Own.cs;..\Other\Other.cs" />""")]
    [InlineData("""<Compile Include="Own\..\..\Other\Other.cs" />""")]
    [InlineData("""<Compile Include="$(MSBuildThisFileDirectory)..\Other\Other.cs" />""")]
    public void Links_AnothersFile_IsSeen(string item) => Assert.Single(Links(XDocument.Parse($"<Project><ItemGroup>{item}</ItemGroup></Project>")));

    [Fact]
    public void Links_OwnFilesAndOthersThatAreNotCompiled_AreFine() =>
        Assert.Empty(
            Links(
                XDocument.Parse(
                    """<Project><ItemGroup><Compile Include="Own\*.cs" /><Compile Remove="..\x.cs" /><Content Include="..\a.json" /></ItemGroup></Project>"""
                )
            )
        );

    [Theory]
    [MemberData(nameof(TestProjects))]
    public void Folders_OfTests_AreThoseOfTheirProject(string project)
    {
        var others = TestsOf(project)
            .Select(test => test.Folder)
            .Distinct()
            .Where(folder => !Directory.Exists(Path.Combine(Repository.Source, project, folder)))
            .Select(folder => $"tests/{project}.Tests/{folder}")
            .Except(s_folders)
            .ToList();
        Assert.True(others.Count == 0, $"src/{project} has no such folders: {string.Join("; ", others)}.");
    }

    [Theory]
    [MemberData(nameof(TestProjects))]
    public void Tests_OfAClass_LieInTheFolderOfTheClass(string project)
    {
        var folders = Repository.Sources($"src/{project}").ToLookup(NameOfClass, file => FolderOf(file, Path.Combine(Repository.Source, project)));
        var astray = TestsOf(project)
            .Where(test => folders.Contains(test.Class) && !folders[test.Class].Contains(test.Folder))
            .Where(test => !s_files.Contains(test.File))
            .Select(test => $"{test.File} (the class lies in src/{project}/{folders[test.Class].First()})")
            .ToList();
        Assert.True(astray.Count == 0, $"These lie elsewhere than what they test: {string.Join("; ", astray)}.");
    }

    [Fact]
    public void Exceptions_AreStillThere()
    {
        Assert.All(s_folders, folder => Assert.True(Directory.Exists(Path.Combine(Repository.Root, folder)), $"{folder} is gone: delete its line."));
        Assert.All(s_files, file => Assert.True(File.Exists(Path.Combine(Repository.Root, file)), $"{file} is gone: delete its line."));
    }

    private static IEnumerable<string> Csproj(string folder) => Repository.Files(folder, "*.csproj");

    private static string FolderOfTests(string project) => Path.Combine(Repository.Root, "tests", project + ".Tests");

    // Compiled files outside the project's folder; a property may lead anywhere, so a way up after one counts too.
    private static List<string> Links(XDocument project) =>
        [
            .. project
                .Descendants("Compile")
                .SelectMany(item => ((string?)item.Attribute("Include") ?? "").Split(';', StringSplitOptions.TrimEntries))
                .Where(file => file.Split('/', '\\').Any(part => part.EndsWith("..", StringComparison.Ordinal)) || Path.IsPathRooted(file)),
        ];

    private static IEnumerable<(string File, string Folder, string Class)> TestsOf(string project) =>
        Repository
            .Files($"tests/{project}.Tests", "*Tests*.cs")
            .Where(file => NameOfClass(file).EndsWith("Tests", StringComparison.Ordinal))
            .Select(file => (Repository.NameOf(file), FolderOf(file, FolderOfTests(project)), NameOfClass(file)[..^"Tests".Length]));

    // A partial class's further files are called Class.Part.cs.
    private static string NameOfClass(string file) => Path.GetFileName(file).Split('.')[0];

    private static string FolderOf(string file, string root) =>
        Path.GetRelativePath(root, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '/') is var folder && folder == "." ? "" : folder;
}
