using OrleansOneShot.Deployment.Tests.Support;

namespace OrleansOneShot.Deployment.Tests.Chart;

/// <summary>Values that can't be: each is refused with a message that names it.</summary>
public sealed class RefusalTests
{
    [Theory]
    // What a schema says.
    [InlineData("redis.urll=x", "at '/redis': additional properties 'urll' not allowed")]
    [InlineData("redis.url=http://redis:6379", "at '/redis/url': 'http://redis:6379' does not match pattern")]
    [InlineData("redis.url=redis://me:secret@redis", "at '/redis/url'")]
    [InlineData("store.type=s3", "at '/store/type': value must be one of '', 'azure', 'pvc'")]
    [InlineData("store.azure.uri=http://x.blob.core.windows.net", "at '/store/azure/uri'")]
    [InlineData("control.replicas=0", "at '/control/replicas': minimum: got 0, want 1")]
    [InlineData("control.replicas=many", "at '/control/replicas': got string, want integer")]
    [InlineData("control.resources.limits.memory=lots", "at '/control/resources/limits/memory'")]
    [InlineData("control.terminationGracePeriodSeconds=135", "at '/control/terminationGracePeriodSeconds': minimum")]
    [InlineData("trainers.cpu.terminationGracePeriodSeconds=30", "at '/trainers/cpu/terminationGracePeriodSeconds': minimum")]
    [InlineData("trainers.cpu.slots=0", "at '/trainers/cpu/slots': minimum: got 0, want 1")]
    [InlineData("trainers.cpu.gpus=1", "at '/trainers/cpu': additional properties 'gpus' not allowed")]
    [InlineData("trainers.cpu.gpu.resource=gpu", "at '/trainers/cpu/gpu/resource': 'gpu' does not match pattern")]
    [InlineData("trainers.Big_Pool.slots=1", "invalid propertyName 'Big_Pool'")]
    [InlineData("logLevel=loud", "at '/logLevel': value must be one of '', 'trace', 'debug'")]
    [InlineData("image.digest=latest", "at '/image/digest': 'latest' does not match pattern")]
    [InlineData("modelCache.type=nfs", "at '/modelCache/type'")]
    [InlineData("ports.http=80", "at '/ports/http': minimum: got 80, want 1,024")]
    [InlineData("api.rateLimit=-1", "at '/api/rateLimit': minimum")]
    [InlineData("upgrade.strategy=Yolo", "at '/upgrade/strategy': value must be one of 'Rolling', 'Recreate'")]
    // What production refuses.
    [InlineData("production=true,redis.bundled.enabled=true,redis.url=", "at '/redis/bundled/enabled': value must be false")]
    [InlineData("production=true,redis.allowVolatile=true", "at '/redis/allowVolatile': value must be false")]
    [InlineData("production=true,networkPolicy.enabled=false", "at '/networkPolicy/enabled': value must be true")]
    [InlineData("production=true,redis.existingSecret=", "production needs a Redis that asks who is there")]
    // What it takes two values to see.
    [InlineData("redis.url=", "redis.url is empty: give the address of your Redis")]
    [InlineData("redis.bundled.enabled=true", "redis.url and redis.bundled.enabled name two places for jobs")]
    [InlineData("store.type=", "store.type is empty: give azure (Blob Storage) or pvc")]
    [InlineData("store.azure.existingSecret=", "store.azure.existingSecret is empty: name the secret that holds the connection string")]
    [InlineData("store.azure.uri=https://x.blob.core.windows.net", "store.azure.uri is for identities")]
    [InlineData("store.azure.auth=managedIdentity", "store.azure.uri is empty: with store.azure.auth=managedIdentity give the blob service")]
    [InlineData("store.azure.auth=workloadIdentity,store.azure.uri=https://x.blob.core.windows.net", "store.azure.clientId is empty")]
    [InlineData("ingress.enabled=true,ingress.host=x.example.org", "ingress.tlsSecret is empty")]
    [InlineData("ingress.enabled=true,ingress.tlsSecret=tls", "ingress.host is empty")]
    [InlineData("ports.http=9464", "must be four different ports")]
    [InlineData("trainers.cpu.scaling.enabled=true", "trainers.cpu.scaling.serverAddress is empty")]
    [InlineData("trainers.cpu.scaling.minReplicas=11", "trainers.cpu.scaling.minReplicas is above maxReplicas")]
    [InlineData("trainers.cpu.gpu.resource=nvidia.com/gpu,trainers.cpu.slots=2", "trainers.cpu has 2 slots and 1 GPUs")]
    [InlineData("trainers.cpu.kind=ScaledJob", "trainers.cpu.scaling.enabled is false: nobody would start its jobs")]
    public async Task Template_WithValuesThatCantBe_IsRefusedByName(string values, string message)
    {
        const string Sound = "redis.url=redis://redis:6379,redis.existingSecret=redis,store.type=azure,store.azure.existingSecret=blobs";

        var said = await Tool.HelmAsync("template", Rendering.Release, Rendering.Chart, "--set", Sound, "--set", values);

        Assert.NotEqual(0, said.ExitCode);
        Assert.Contains(message, said.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Template_WithTheSoundValues_IsTaken()
    {
        var said = await Tool.HelmAsync(
            "template",
            Rendering.Release,
            Rendering.Chart,
            "--set",
            "redis.url=redis://redis:6379,redis.existingSecret=redis,store.type=azure,store.azure.existingSecret=blobs,production=true"
        );

        Assert.True(said.ExitCode == 0, said.Error);
    }
}
