namespace OrleansOneShot.Bench;

/// <summary>The cases of `sd15`, and what the peer takes for them.</summary>
internal static class BenchCases
{
    public const string Train = "train";
    public const string TrainCheckpointed = "train-ckpt";
    public const string Forward = "forward";
    public const string VaeEncode = "vae-enc";
    public const string VaeDecode = "vae-dec";
    public const string Text = "text";

    public static IReadOnlyList<string> Names { get; } = [Train, TrainCheckpointed, Forward, VaeEncode, VaeDecode, Text];

    public static IReadOnlyList<string> Precisions { get; } = ["fp32", "bf16"];

    /// <summary>Every case in the order it is run in, with the peer's figures for it.</summary>
    /// <remarks>
    /// The peer is diffusers 0.42.1 with peft 0.21.2, transformers 5.23 and PyTorch 2.14.1 on two cores with AVX-512 and bf16 instructions: Stable Diffusion
    /// 1.5's sizes with random weights, 512 x 512 pixels, 77 tokens, LoRA of rank 4 on to_q, to_k, to_v and to_out.0, AdamW, mean squared error over the whole
    /// latent. Its GEMM (2048 x 2048 x 2048, best of 10) ran at 178 GFLOPS in fp32 and 411 in bf16; seconds times GFLOPS is what machines are compared by. Peak
    /// memory is the process's peak resident memory in GiB.
    /// </remarks>
    public static IReadOnlyList<(BenchCase Case, PeerFigure Peer)> All { get; } =
    [
        (new(Train, "fp32", 1), new(2318, 6.5)),
        (new(Train, "bf16", 1), new(3255, 3.8)),
        (new(Train, "fp32", 2), new(4628, 8.9)),
        (new(Train, "bf16", 2), new(6329, 5.0)),
        (new(Train, "bf16", 3), new(9453, 6.2)),
        (new(TrainCheckpointed, "fp32", 1), new(2843, 5.5)),
        (new(TrainCheckpointed, "bf16", 1), new(4262, 3.1)),
        (new(Forward, "fp32", 2), new(2077, 4.4)),
        (new(Forward, "bf16", 2), new(2536, 2.6)),
        (new(VaeEncode, "fp32", 1), new(1365, 1.8)),
        (new(VaeEncode, "bf16", 1), new(1714, 1.4)),
        (new(VaeDecode, "fp32", 1), new(3453, 2.1)),
        (new(VaeDecode, "bf16", 1), new(4003, 1.5)),
        (new(Text, "fp32", 1), new(20, null)),
        (new(Text, "bf16", 1), new(21, null)),
    ];

    /// <summary>The cases that fit the given choices; a combination that is not in the list is run all the same, without the peer's figures.</summary>
    public static IReadOnlyList<BenchCase> Select(string? name, string? precision, int? batch)
    {
        var listed = All.Select(c => c.Case)
            .Where(c => (name ?? c.Name) == c.Name && (precision ?? c.Precision) == c.Precision && (batch ?? c.Batch) == c.Batch)
            .ToArray();
        return listed.Length > 0 || name is null ? listed : [.. (precision is null ? Precisions : [precision]).Select(p => new BenchCase(name, p, batch ?? 1))];
    }

    /// <summary>The peer's figures for a case, or null.</summary>
    public static PeerFigure? PeerOf(BenchCase wanted) => All.Where(c => c.Case == wanted).Select(c => c.Peer).FirstOrDefault();
}
