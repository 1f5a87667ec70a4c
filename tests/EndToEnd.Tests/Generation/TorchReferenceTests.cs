using OrleansOneShot.TestKit.Torch;

namespace OrleansOneShot.EndToEnd.Tests.Generation;

/// <summary>The assemblies of the whole program, as Compute.Tests looks at its own.</summary>
public sealed class TorchReferenceTests
{
    [Fact]
    public void Assemblies_ByTheirMetadata_NameNoBannedMember()
    {
        var banned = File.ReadLines(Path.Combine(Repository.Root, "build", "BannedSymbols.txt")).Select(l => l.Split(';')[0]).ToHashSet();
        var own = Directory
            .EnumerateFiles(AppContext.BaseDirectory, "*.dll")
            .Where(f => Path.GetFileName(f).StartsWith("OrleansOneShot.", StringComparison.Ordinal) || Path.GetFileName(f) == "oneshot.dll")
            .ToList();
        Assert.True(own.Count >= 4, string.Join(", ", own));
        Assert.All(own, file => Assert.DoesNotContain(TorchReferences.Of(file), banned.Contains));
    }
}
