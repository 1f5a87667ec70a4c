using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Silo.Engine;

/// <summary>Compute's metrics as the contracts have them.</summary>
internal static class MetricsMapper
{
    /// <summary>Maps.</summary>
    /// <param name="metrics">Compute's metrics.</param>
    public static JobMetrics ToContract(SampleMetrics metrics) =>
        new()
        {
            Ia = Finite(metrics.Ia),
            Ta = Finite(metrics.Ta),
            PrototypeSimilarity = Finite(metrics.PrototypeSimilarity),
            Objects =
            [
                .. metrics.Objects.Select(o => new Documents.Jobs.ObjectMetrics
                {
                    Token = o.Token,
                    Class = o.Class,
                    IaObject = Finite(o.IaObject),
                    PrototypeSimilarity = Finite(o.PrototypeSimilarity),
                    IaCompared = Finite(o.IaCompared),
                    IaClass = Finite(o.IaClass),
                }),
            ],
        };

    // What is no number was not measured.
    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
