using OrleansOneShot.ModelHub;

namespace OrleansOneShot.Cli.Output;

/// <summary>Kinds of models as documents show them.</summary>
internal static class KindText
{
    /// <summary>base or clip.</summary>
    public static string Of(ModelKind kind) => kind == ModelKind.Clip ? "clip" : "base";
}
