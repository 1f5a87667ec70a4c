using OrleansOneShot.Compute.Torch;
using OrleansOneShot.TestKit.Torch;

namespace OrleansOneShot.Compute.Tests.Torch;

/// <summary>build/BannedSymbols.txt keeps the members out that make a Scalar which may be freed too early.</summary>
public sealed class BannedSymbolsTests
{
    private static readonly HashSet<string> s_banned =
    [
        .. File.ReadLines(Repository.PathOf("build", "BannedSymbols.txt"))
            .Where(l => !l.StartsWith("//", StringComparison.Ordinal))
            .Select(l => l.Split(';')[0]),
    ];

    [Fact]
    public void List_AgainstTheCodeOfTorchSharp_LacksNoMember()
    {
        var missing = ScalarMakers.NotIn(s_banned.Contains);
        Assert.True(missing.Count == 0, $"build/BannedSymbols.txt lacks {missing.Count} members of this TorchSharp:\n{string.Join('\n', missing)}");

        // The reader finds them: without the list it names at least those that everybody uses.
        var all = ScalarMakers.NotIn(_ => false);
        Assert.Contains("M:TorchSharp.torch.Tensor.square", all);
        Assert.Contains("M:TorchSharp.torch.Tensor.op_Addition(TorchSharp.torch.Tensor,TorchSharp.torch.Tensor)", all);
        Assert.Contains(all, id => id.StartsWith("M:TorchSharp.torch.optim.Adam(", StringComparison.Ordinal));
        Assert.DoesNotContain("M:TorchSharp.torch.Tensor.op_Subtraction(TorchSharp.torch.Tensor,TorchSharp.torch.Tensor)", all);
    }

    // The analyzer does not see compound assignments (x += y): the compiled code shows them.
    [Fact]
    public void Assemblies_ByTheirMetadata_NameNoBannedMember()
    {
        foreach (var assembly in new[] { typeof(TensorMath).Assembly, typeof(BannedSymbolsTests).Assembly })
        {
            var named = TorchReferences.Of(assembly.Location);
            Assert.Contains("M:TorchSharp.torch.Tensor.op_Multiply(TorchSharp.torch.Tensor,TorchSharp.torch.Tensor)", named);
            Assert.DoesNotContain(named, s_banned.Contains);
        }
    }
}
