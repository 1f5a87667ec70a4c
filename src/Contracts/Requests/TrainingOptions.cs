using System.Text.Json.Serialization;

namespace OrleansOneShot.Contracts.Requests;

/// <summary>Options of the fine-tuning.</summary>
[GenerateSerializer, Immutable, Alias("oneshot.TrainingOptions")]
public sealed record TrainingOptions
{
    /// <summary>Training steps, 1 to 100,000; null: the model's default, else 100.</summary>
    [Id(0)]
    public int? Steps { get; init; }

    /// <summary>AdamW's learning rate, above 0 and at most 1; null: the model's default, else 1e-4.</summary>
    [Id(1)]
    public double? LearningRate { get; init; }

    /// <summary>LoRA's rank, 1 to 256.</summary>
    [Id(2)]
    public int Rank { get; init; } = 4;

    /// <summary>LoRA's alpha, above 0; null: the rank.</summary>
    [Id(3)]
    public double? Alpha { get; init; }

    /// <summary>Which layers carry LoRA.</summary>
    [Id(4)]
    public LoraTargets Targets { get; init; }

    /// <summary>Side of the training crop in pixels, a multiple of the VAE's factor; null: the model's default, else 512.</summary>
    [Id(5)]
    public int? Resolution { get; init; }

    /// <summary>AdamW's decoupled weight decay, 0 to 1.</summary>
    [Id(6)]
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>What the frozen weights compute in.</summary>
    [Id(7)]
    public Precision Precision { get; init; }

    /// <summary>"auto", "cpu" or "cuda:N".</summary>
    [Id(8)]
    public string Device { get; init; } = "auto";

    /// <summary>Steps between two checkpoints, 1 or more.</summary>
    [Id(9)]
    public int CheckpointEvery { get; init; } = 10;

    /// <summary>How the learning rate changes over the steps; null: the model's default, else constant.</summary>
    [Id(10)]
    public LearningRateSchedule? Schedule { get; init; }

    /// <summary>How steps are spread over silos.</summary>
    [Id(11)]
    public FanOutOptions FanOut { get; init; } = new();

    /// <summary>Terms that share one forward and backward pass, 1 to 64; null: all of a step, fewer where memory is short.</summary>
    [Id(12)]
    public int? MicroBatch { get; init; }

    /// <summary>Layers that carry LoRA besides those of <see cref="Targets"/>. (Left out of request.json at its default, which earlier versions write.)</summary>
    [Id(13), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public MoreLoraTargets MoreTargets { get; init; }
}
