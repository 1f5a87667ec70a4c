using OrleansOneShot.Client.Models;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Tests.Engine;

/// <summary>Puts a model into a store as <c>oneshot models push</c> does.</summary>
internal static class ModelPush
{
    public static Task<SentModel> RunAsync(IArtifactStore store, ModelEntry model, string? name = null, CancellationToken cancellationToken = default) =>
        new ModelTransfer(store).SendAsync(new LocalModel(model), name, cancellationToken: cancellationToken);
}
