using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Contracts.Jobs;

namespace OrleansOneShot.Silo.Engine;

/// <summary>Compute's metrics as the contracts have them.</summary>
internal static class MetricsMapper
{
    /// <summary>Maps.</summary>
    /// <param name="metrics">Compute's metrics.</param>
    public static JobMetrics ToContract(SampleMetrics metrics) => new()
    {
        Ia = metrics.Ia,
        Ta = metrics.Ta,
        PrototypeSimilarity = metrics.PrototypeSimilarity,
        Objects = [.. metrics.Objects.Select(o => new Contracts.Jobs.ObjectMetrics
        {
            Token = o.Token,
            Class = o.Class,
            IaObject = o.IaObject,
            PrototypeSimilarity = o.PrototypeSimilarity,
        })],
    };
}
