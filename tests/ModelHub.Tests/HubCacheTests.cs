using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.ModelHub.Tests;

public sealed class HubCacheTests : IDisposable
{
    private const string Commit = "451f4fe16113bff5a5d2269ed5ad43b0592e9a14";
    private const string Earlier = "39593d5650112b4cc580433f6b0435385882d819";
    private readonly TestData _data = new();

    private string Cache => _data["hub"];

    private ModelCatalog Catalog => new(_data.Folder) { Variable = Variable };

    public void Dispose() => _data.Dispose();

    [Theory]
    [InlineData("owner/name", Commit)]
    [InlineData("owner/name@main", Commit)]
    [InlineData("owner/name@451f4fe", Commit)]
    [InlineData("owner/name@fp16", Earlier)]
    [InlineData("owner/name@refs/pr/1", Earlier)]
    [InlineData($"owner/name@{Earlier}", Earlier)]
    public void Find_RepositoryOfTheCache_IsItsSnapshot(string text, string commit)
    {
        Fill("models--owner--name");
        Assert.Equal(Path.Combine(Cache, "models--owner--name", "snapshots", commit), HubCache.Find(text, variable: Variable));
    }

    [Fact]
    public void Find_RevisionThatIsNotThere_SaysWhatIsAndHowToGetIt()
    {
        Fill("models--owner--name");
        var error = Assert.Throws<InvalidInputException>(() => HubCache.Find("owner/name@v2", variable: Variable));
        Assert.Contains($"no files of owner/name at v2; it has {Earlier}, {Commit}", error.Message, StringComparison.Ordinal);
        Assert.Contains("oneshot models pull owner/name", error.Hint, StringComparison.Ordinal);
        Assert.Null(HubCache.Find("owner/other", variable: Variable));
        Assert.Null(HubCache.Find("../../etc", variable: Variable));
        Assert.Throws<InvalidInputException>(() => HubCache.Find("owner/name@../../../x", variable: Variable));
    }

    [Theory]
    [InlineData("HF_HUB_CACHE", "/a/hub", "/a/hub")]
    [InlineData("HF_HOME", "/a", "/a/hub")]
    [InlineData("XDG_CACHE_HOME", "/a", "/a/huggingface/hub")]
    public void Folder_VariableOfTheEnvironment_IsHeeded(string name, string value, string expected) =>
        Assert.Equal(expected, HubCache.Folder(asked => asked == name ? value : null));

    [Fact]
    public async Task Open_SnapshotMadeOfLinks_IsTheModelUnderTheRepositorysName()
    {
        Fill("models--owner--name");
        var entry = Catalog.Find("owner/name");
        var model = ModelFolder.Open(entry.Folder);

        Assert.StartsWith("owner--name-", entry.Name, StringComparison.Ordinal);
        Assert.Equal("owner--name", model.Name);
        Assert.All(model.Verify().Parts, part => Assert.Empty(part.Problems));
        var plain = ModelFolder.Open(Catalog.GetFolder(ModelCatalog.Default));
        Assert.Equal((plain.Hash(), plain.ConfigurationHash()), (model.Hash(), model.ConfigurationHash()));

        // As large as its files, not as its links.
        Assert.Contains(
            await new LocalModel(entry).ListAsync(TestContext.Current.CancellationToken),
            file => file.Path == "unet/diffusion_pytorch_model.safetensors" && file.Bytes > 1_000_000
        );
    }

    [Fact]
    public void Open_FileThatTheCacheLacks_NamesWhereItsLinkLeads()
    {
        Fill("models--owner--name");
        var weights = Path.Combine(Catalog.Find("owner/name").Folder, "unet", "diffusion_pytorch_model.safetensors");
        File.Delete(weights);
        File.CreateSymbolicLink(weights, "../../../blobs/gone");

        var error = Assert.Throws<InvalidInputException>(() => ModelFolder.Open(Catalog.Find("owner/name").Folder));

        Assert.Contains("unet/diffusion_pytorch_model.safetensors can't be read", error.Message, StringComparison.Ordinal);
        Assert.Contains("is a link to ../../../blobs/gone, which doesn't exist", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_RepositoryThatIsNotThere_SaysHowToFetchIt()
    {
        var error = Assert.Throws<InvalidInputException>(() => Catalog.Find("runwayml/stable-diffusion-v1-5"));
        Assert.Contains($"nor a repository in the Hugging Face cache {Cache}", error.Message, StringComparison.Ordinal);
        Assert.Contains("oneshot models pull runwayml/stable-diffusion-v1-5", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void List_Cache_HasItsModels()
    {
        Assert.Empty(HubCache.List(Variable));
        Fill("models--owner--name");
        Assert.Equal([("owner/name", Path.Combine(Cache, "models--owner--name", "snapshots", Commit))], HubCache.List(Variable));
    }

    private string? Variable(string name) => name == "HF_HUB_CACHE" ? Cache : null;

    // As huggingface_hub lays it out: blobs, a snapshot of links, and references.
    private void Fill(string repository)
    {
        var (root, model) = (Path.Combine(Cache, repository), Catalog.GetFolder(ModelCatalog.Default));
        Directory.CreateDirectory(Path.Combine(root, "blobs"));
        foreach (var commit in new[] { Commit, Earlier })
        {
            foreach (var file in Directory.EnumerateFiles(model, "*", SearchOption.AllDirectories))
            {
                var relative = Path.GetRelativePath(model, file);
                var (blob, link) = (Path.Combine(root, "blobs", relative.Replace('/', '_')), Path.Combine(root, "snapshots", commit, relative));
                Directory.CreateDirectory(Path.GetDirectoryName(link)!);
                File.Copy(file, blob, overwrite: true);
                File.CreateSymbolicLink(link, Path.GetRelativePath(Path.GetDirectoryName(link)!, blob));
            }
        }

        foreach (var (name, commit) in new[] { ("main", Commit), ("fp16", Earlier), ("refs/pr/1", Earlier) })
        {
            var path = Path.Combine(root, "refs", name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, commit);
        }
    }
}
