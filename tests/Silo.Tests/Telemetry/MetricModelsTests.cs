using OrleansOneShot.Documents.Errors;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Silo.Telemetry;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Tests.Telemetry;

public sealed class MetricModelsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-metric-models-");

    private ModelCatalog Catalog => new(DataFolder.Resolve(_folder.FullName));

    [Fact]
    public void Names_OfShippedAndListedModels_AreTold()
    {
        Assert.Equal(["toyworld-64"], MetricModels.Of(Catalog, _ => null));
        Assert.Equal(["toyworld-64", "sd15", "ours"], MetricModels.Of(Catalog, _ => " sd15, ours,sd15 ,toyworld-64,"));
    }

    [Fact]
    public void Names_OfTooManyModels_AreRefused()
    {
        var names = string.Join(',', Enumerable.Range(0, MetricModels.Most + 1).Select(i => $"m{i}"));
        var error = Assert.Throws<OneShotException>(() => MetricModels.Of(Catalog, _ => names));
        Assert.Equal(MetricModels.Variable, error.Detail.Field);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
