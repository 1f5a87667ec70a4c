using System.IO.Compression;
using System.Reflection.Metadata;
using System.Xml.Linq;

namespace OrleansOneShot.Architecture.Tests;

/// <summary>The packages, as somebody else gets them.</summary>
public sealed class PackageTests(PackageFolder folder) : IClassFixture<PackageFolder>
{
    private static readonly string[] s_packed =
    [
        "Api",
        "Client",
        "Client.Orleans",
        "Common",
        "Contracts",
        "Documents",
        "Grains",
        "Recipe",
        "Storage",
        "Testing",
    ];

    public static TheoryData<string> Packed => [.. s_packed];

    [Fact]
    public void Packages_AreThose_AndEachHasItsSymbols()
    {
        string[] endings = [".nupkg", ".snupkg"];
        Assert.Equal(
            s_packed.SelectMany(project => endings.Select(ending => $"OrleansOneShot.{project}.{PackageFolder.Version}{ending}")).Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(folder.Packages).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [MemberData(nameof(Packed))]
    public void Package_SaysWhatItIs(string project)
    {
        using var package = Open(project, ".nupkg");
        var about = Read(package);

        Assert.Equal("MIT", About("license"));
        Assert.Equal("README.md", About("readme"));
        Assert.Contains("OrleansOneShot", About("description"), StringComparison.Ordinal);
        Assert.Contains("lora", About("tags").Split(' '));
        var files = package.Entries.Select(entry => entry.FullName).ToList();
        Assert.Contains($"lib/net10.0/OrleansOneShot.{project}.dll", files);
        Assert.Contains($"lib/net10.0/OrleansOneShot.{project}.xml", files);
        using var readme = new StreamReader(package.GetEntry("README.md")!.Open());
        Assert.StartsWith($"# OrleansOneShot.{project}\n", readme.ReadToEnd(), StringComparison.Ordinal);

        string About(string name) => about.Elements().Single(element => element.Name.LocalName == name).Value;
    }

    [Theory]
    [MemberData(nameof(Packed))]
    public void Symbols_NameNoFolderOfThisMachine(string project)
    {
        using var package = Open(project, ".snupkg");
        using var file = Assert.Single(package.Entries, entry => entry.Name.EndsWith(".pdb", StringComparison.Ordinal)).Open();
        using var copy = new MemoryStream();
        file.CopyTo(copy);
        copy.Position = 0;
        using var symbols = MetadataReaderProvider.FromPortablePdbStream(copy);
        var reader = symbols.GetMetadataReader();
        Assert.All(reader.Documents, document => Assert.StartsWith("/_/", reader.GetString(reader.GetDocument(document).Name), StringComparison.Ordinal));
    }

    [Fact]
    public void Closure_OfTheClientsPackage_HoldsNoOrleans()
    {
        var (seen, others, next) = (new HashSet<string>(), new HashSet<string>(), new Queue<string>(["Client"]));
        while (next.TryDequeue(out var project))
        {
            seen.Add(project);
            using var package = Open(project, ".nupkg");
            foreach (var name in Read(package).Descendants().Where(element => element.Name.LocalName == "dependency").Select(Id))
            {
                if (BuiltAssembly.ProjectOf(name) is not { } ours)
                {
                    others.Add(name);
                }
                else if (!seen.Contains(ours))
                {
                    next.Enqueue(ours);
                }
            }
        }

        Assert.Equal(["Client", "Common", "Documents", "Recipe", "Storage"], seen.Order(StringComparer.Ordinal));
        Assert.Equal(
            ["Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Logging.Abstractions", "Polly.Core"],
            others.Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("Client", "examples/SubmitFromCode/Program.cs")]
    [InlineData("Client.Orleans", "tests/Architecture.Tests/Packages/ByGateway.txt")]
    [InlineData("Testing", "tests/Architecture.Tests/Packages/InATest.txt")]
    public async Task Program_ThatKnowsOnlyThePackages_IsBuilt(string project, string program)
    {
        var own = Directory.CreateDirectory(folder[project]).FullName;
        File.Copy(Path.Combine(Repository.Root, program), Path.Combine(own, "Program.cs"));
        await File.WriteAllTextAsync(
            Path.Combine(own, "Own.csproj"),
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <RestorePackagesPath>restored</RestorePackagesPath>
                <NuGetAudit>false</NuGetAudit>
                <!-- Of others' packages there are those that this repository has resolved, which may be newer than the oldest that will do. -->
                <NoWarn>NU1603</NoWarn>
                <UseAppHost>false</UseAppHost>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="OrleansOneShot.{project}" Version="{PackageFolder.Version}" />
              </ItemGroup>
            </Project>
            """,
            TestContext.Current.CancellationToken
        );
        // What others have made was restored for this repository: nothing is fetched.
        await File.WriteAllTextAsync(
            Path.Combine(own, "nuget.config"),
            $"""
            <configuration>
              <packageSources><clear /><add key="packed" value="{folder.Packages}" /></packageSources>
              <fallbackPackageFolders><clear /><add key="restored" value="{Restored}" /></fallbackPackageFolders>
            </configuration>
            """,
            TestContext.Current.CancellationToken
        );

        await PackageFolder.RunAsync(own, "build", "-nodeReuse:false", "-verbosity:quiet");

        Assert.True(Directory.Exists(Path.Combine(own, "restored", $"orleansoneshot.{project.ToLowerInvariant()}")), "The package was found elsewhere.");
    }

    private static string Restored =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private ZipArchive Open(string project, string ending) =>
        ZipFile.OpenRead(Path.Combine(folder.Packages, $"OrleansOneShot.{project}.{PackageFolder.Version}{ending}"));

    private static XElement Read(ZipArchive package)
    {
        using var file = Assert.Single(package.Entries, entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(file).Root!.Elements().Single();
    }

    private static string Id(XElement dependency) => (string)dependency.Attribute("id")!;
}
