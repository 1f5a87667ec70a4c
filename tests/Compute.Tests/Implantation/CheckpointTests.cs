using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Implantation.Methods;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Tests.Implantation.Methods;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Implantation;

/// <summary>A checkpoint is taken whole or not at all.</summary>
public sealed class CheckpointTests : IDisposable
{
    private const string Fingerprint = "f";
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"oneshot-checkpoint-{Guid.NewGuid():N}.safetensors");
    private readonly LoraNetwork _lora;
    private readonly FlatParameters _tokens;
    private readonly Trainer _trainer;

    public CheckpointTests()
    {
        var linears = new Dictionary<string, AdaptableLayer> { ["mid.attn1.to_q"] = new AdaptableLinear(4, 6, hasBias: false) };
        _lora = LoraNetwork.Create(linears, new LoraSettings(2, 2), new Generator(1));
        _tokens = new FlatParameters([(IdentifierVectors.Name, [3, 5])]);
        _trainer = new Trainer(Trained.Names, (_, _) => null!, Trained.Groups(_lora, _tokens, 1e-3), _tokens[IdentifierVectors.Name], 0.01);
        using var guard = no_grad();
        _tokens.Values.FillInPlace(0.5);
        _trainer.Optimiser.Means[0].FillInPlace(0.25);
        _trainer.Optimiser.Variances[1].FillInPlace(0.125);
        var curves = new LossCurves();
        curves.Add(new StepLosses(Trained.Names.LossNames, [1, 2, 3]));
        curves.Add(new StepLosses(Trained.Names.LossNames, [4, 5, double.NaN]));
        Checkpoint.Write(_path, Fingerprint, _trainer, curves, [new PrototypeCurve([1, double.NaN], 0)], new FanOutDecision { Asked = "auto", Reason = "r" });
    }

    public void Dispose()
    {
        _trainer.Dispose();
        _tokens.Dispose();
        _lora.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var written = State();
        Disturb();
        var curves = new LossCurves();

        var (prototypes, decision) = Checkpoint.Read(_path, Fingerprint, _trainer, curves);

        Assert.Equal(written, State());
        Assert.Equal((2, 0, "auto"), (curves.Steps.Count, Assert.Single(prototypes).BestStep, decision.Asked));
        Assert.Equal(5, curves.Steps[1][LossNames.Object]);
    }

    public static TheoryData<string, string> Damages =>
        new()
        {
            { "vectors", "The checkpoint is damaged: vectors is [2, 5], not [3, 5]." },
            { "lora", "The checkpoint is damaged: lora.mid.attn1.to_q.lora_A.weight is of type F16, not F32." },
            { "lora-missing", "The checkpoint is damaged: lora.mid.attn1.to_q.lora_A.weight is missing." },
            { "moments", "The checkpoint is damaged: optimiser.0.mean is [20, 1], not [20]." },
            { "moments-nan", "The checkpoint is damaged: optimiser.1.mean holds values that are not finite." },
            { "variance-negative", "The optimiser's state has a negative value in 1.variance." },
            { "step-negative", "The optimiser's state claims -1 steps." },
            { "step-shape", "The checkpoint is damaged: optimiser.step is [1], not []." },
            { "curve", "The checkpoint is damaged: curve.losses is [1, 3], not [2, 3]." },
            { "curve-type", "The checkpoint is damaged: curve.losses is of type F32, not F64." },
            { "unexpected", "The checkpoint is damaged: more is unexpected." },
            { "no-step", "The checkpoint is damaged: it does not say how many steps are done." },
            { "best-missing", "The checkpoint is damaged: it has no prototype_best." },
            { "best-text", "The checkpoint is damaged: its prototype_best is no list of steps." },
            { "best-beyond", "The checkpoint is damaged: its prototype_best names step 2 of 2." },
            { "best-more", "The checkpoint is damaged: curve.prototype.1 is missing." },
            { "best-many", "The checkpoint is damaged: its prototype_best names more than 1000 objects." },
            { "decision", "The checkpoint does not say how its terms were evaluated." },
            { "fingerprint", "The checkpoint belongs to another run or version, so this run can't go on from it." },
        };

    [Theory]
    [MemberData(nameof(Damages))]
    public void Read_Damaged_IsRefusedAndNothingIsTaken(string damage, string expected)
    {
        using var scope = NewDisposeScope();
        var tensors = SafetensorsFile.ReadAll(_path);
        var metadata = SafetensorsHeader.Read(_path).Metadata.ToDictionary(pair => pair.Key, pair => pair.Value);
        const string Lora = "lora.mid.attn1.to_q.lora_A.weight";
        switch (damage)
        {
            case "vectors":
                tensors["vectors"] = zeros(2, 5);
                break;
            case "lora":
                tensors[Lora] = tensors[Lora].to(ScalarType.Float16);
                break;
            case "lora-missing":
                tensors.Remove(Lora);
                break;
            case "moments":
                tensors["optimiser.0.mean"] = zeros(20, 1);
                break;
            case "moments-nan":
                tensors["optimiser.1.mean"] = TensorMath.Full([15], double.NaN);
                break;
            case "variance-negative":
                tensors["optimiser.1.variance"] = TensorMath.Full([15], -1.0);
                break;
            case "step-negative":
                tensors["optimiser.step"] = tensor(-1L);
                break;
            case "step-shape":
                tensors["optimiser.step"] = tensor([1L]);
                break;
            case "curve":
                tensors["curve.losses"] = zeros(1, 3, dtype: ScalarType.Float64);
                break;
            case "curve-type":
                tensors["curve.losses"] = zeros(2, 3);
                break;
            case "unexpected":
                tensors["more"] = zeros(1);
                break;
            case "no-step":
                metadata["step"] = "-2";
                break;
            case "best-missing":
                metadata.Remove("prototype_best");
                break;
            case "best-text":
                metadata["prototype_best"] = "a,b";
                break;
            case "best-beyond":
                metadata["prototype_best"] = "2";
                break;
            case "best-more":
                metadata["prototype_best"] = "0,1";
                break;
            case "best-many":
                metadata["prototype_best"] = string.Join(',', Enumerable.Repeat(0, 1001));
                break;
            case "decision":
                metadata["fan_out"] = "{\"asked\":null}";
                break;
            case "fingerprint":
                metadata["fingerprint"] = "g";
                break;
        }

        SafetensorsWriter.Write(_path, tensors, metadata);
        Disturb();
        var (before, curves) = (State(), new LossCurves());

        Assert.Equal(expected, Assert.Throws<InvalidInputException>(() => Checkpoint.Read(_path, Fingerprint, _trainer, curves)).Message);

        Assert.Equal(before, State());
        Assert.Empty(curves.Steps);
    }

    private void Disturb()
    {
        using var guard = no_grad();
        _lora.Parameters.Values.FillInPlace(9);
        _tokens.Values.FillInPlace(9);
        foreach (var moment in _trainer.Optimiser.Means.Concat(_trainer.Optimiser.Variances))
        {
            moment.FillInPlace(9);
        }
    }

    private float[] State() =>
        [
            .. new[] { _lora.Parameters.Values, _tokens.Values }
                .Concat(_trainer.Optimiser.Means)
                .Concat(_trainer.Optimiser.Variances)
                .SelectMany(flat => flat.data<float>().ToArray()),
            _trainer.Optimiser.StepCount,
        ];
}
