using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Torch;

[Collection(GlobalGeneratorCollection.Name)]
public sealed class GlobalGeneratorTests
{
    [Fact]
    public void KeyedRandom_Draws_LeaveTheGlobalGeneratorAlone()
    {
        using var scope = NewDisposeScope();
        var before = random.get_rng_state().bytes.ToArray();
        using (var keyed = new KeyedRandom(1, 2, RandomPurpose.Noise))
        {
            keyed.Normal(4, 5);
            keyed.Uniform();
            keyed.Integer(10);
            keyed.Subset(5, 2);
        }

        Assert.Equal(before, random.get_rng_state().bytes.ToArray());
        rand(1);
        Assert.NotEqual(before, random.get_rng_state().bytes.ToArray());
    }
}
