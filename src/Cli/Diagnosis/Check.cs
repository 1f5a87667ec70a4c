using OrleansOneShot.Cli.Output;
using OrleansOneShot.Compute.Libtorch;

namespace OrleansOneShot.Cli.Diagnosis;

/// <summary>Runs one check; what it throws is what it found.</summary>
internal static class Check
{
    /// <summary>Runs a check.</summary>
    /// <param name="name">What is checked.</param>
    /// <param name="look">Looks, and says in words what is there.</param>
    /// <returns>The result.</returns>
    public static CheckDocument Run(string name, Func<string> look)
    {
        try
        {
            return new CheckDocument(name, true, look());
        }
        catch (Exception e)
        {
            var cause = e is TypeInitializationException { InnerException: { } inner } ? inner : e;
            return new CheckDocument(name, false, cause is LibtorchException libtorch ? $"{libtorch.Message} {libtorch.Hint}" : cause.Message);
        }
    }
}
