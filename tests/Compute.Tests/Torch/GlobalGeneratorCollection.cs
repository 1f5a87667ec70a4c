namespace OrleansOneShot.Compute.Tests.Torch;

/// <summary>Tests that look at torch's global generator: nothing else may run beside them, since building a module draws from it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class GlobalGeneratorCollection
{
    public const string Name = "Global generator";
}
