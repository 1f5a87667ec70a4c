using OrleansOneShot.Compute;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.ModelHub.Tests;

public sealed class ModelCatalogTests : IDisposable
{
    private readonly TestData _data = new();

    [Fact]
    public void GetFolder_ShippedModel_IsFoundByName()
    {
        var folder = new ModelCatalog(_data.Folder).GetFolder(ModelCatalog.Default);

        Assert.True(File.Exists(Path.Combine(folder, "model_index.json")));
    }

    [Fact]
    public void Find_ShippedModelByPath_KeepsItsName()
    {
        var catalog = new ModelCatalog(_data.Folder);

        Assert.Equal(ModelCatalog.Default, catalog.Find(catalog.GetFolder(ModelCatalog.Default)).Name);
    }

    [Fact]
    public void Register_Folder_IsKnownToTheNextProcessUnderAStableName()
    {
        var path = Directory.CreateDirectory(_data["my model"]).FullName;
        var entry = new ModelCatalog(_data.Folder).Find(path);
        Assert.Matches("^my-model-[0-9a-f]{8}$", entry.Name);
        Assert.False(Directory.Exists(_data.Folder.Root), "Find must not write.");

        new ModelCatalog(_data.Folder).Register(entry);

        var next = new ModelCatalog(_data.Folder);
        Assert.Equal(path, next.GetFolder(entry.Name));
        Assert.Equal(entry, next.Find(path + "/"));
        Directory.Delete(path);
        Assert.Contains("gone", Assert.Throws<InvalidInputException>(() => next.GetFolder(entry.Name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_NoModel_NamesTheKnownOnes()
    {
        var error = Assert.Throws<InvalidInputException>(() => new ModelCatalog(_data.Folder).Find("sd99"));

        Assert.Equal("model", error.Field);
        Assert.Contains(ModelCatalog.Default, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void List_DamagedFile_SaysWhichAndWhatToDo()
    {
        _data.Folder.Create();
        File.WriteAllText(_data.Folder.Models, "{");

        Assert.Contains(
            _data.Folder.Models,
            Assert.Throws<InvalidInputException>(() => new ModelCatalog(_data.Folder).List()).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Register_SeveralCommandsAtOnce_ForgetsNone()
    {
        const int Commands = 16;
        Parallel.For(
            0,
            Commands,
            new ParallelOptions { MaxDegreeOfParallelism = Commands },
            i => new ModelCatalog(_data.Folder).Register(new ModelEntry($"model-{i}", Path.Combine(_data.Folder.Root, "elsewhere", $"{i}"), Shipped: false))
        );

        var names = new ModelCatalog(_data.Folder).List().Select(entry => entry.Name).ToHashSet();
        Assert.Subset(names, Enumerable.Range(0, Commands).Select(i => $"model-{i}").ToHashSet());
    }

    public void Dispose() => _data.Dispose();
}
