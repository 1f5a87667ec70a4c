using OrleansOneShot.Storage.Tests.Support;

namespace OrleansOneShot.Storage.Tests.Azure;

/// <summary>The suite over a real Azurite.</summary>
public sealed class AzureBlobConformanceTests(AzuriteFixture azurite) : ArtifactStoreConformance, IClassFixture<AzuriteFixture>
{
    protected override IArtifactStore Create() => azurite.NewStore();
}
