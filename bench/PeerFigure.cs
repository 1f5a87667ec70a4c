namespace OrleansOneShot.Bench;

/// <summary>What the peer takes for a case.</summary>
/// <param name="SecondsTimesGflops">Seconds times its own GEMM speed in GFLOPS.</param>
/// <param name="PeakGb">Peak resident memory in GiB, or null when it was not measured.</param>
internal sealed record PeerFigure(double SecondsTimesGflops, double? PeakGb);
