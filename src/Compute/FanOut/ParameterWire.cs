using System.Buffers.Binary;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.FanOut;

/// <summary>
/// What crosses between machines: raw, little-endian values in the order of the flat buffers, LoRA first, then the token vectors; no header, since both ends
/// know the sizes from the job's options and refuse any other. Weights: float32. Gradients: float32, or bfloat16 where the UNet computes in it. State: weights,
/// AdamW's means, its variances (all float32), then two int64: AdamW's step count and the terms a pass.
/// </summary>
internal sealed class ParameterWire
{
    private const int Float32Bytes = sizeof(float);
    private const int TrailerBytes = 2 * sizeof(long);
    private readonly IReadOnlyList<FlatParameters> _groups;
    private readonly ScalarType _gradientType;
    private readonly int _gradientSize;

    /// <summary>Describes the wire of some parameters.</summary>
    /// <param name="groups">What trains: the LoRA, then the token vectors.</param>
    /// <param name="computeType">What the UNet computes in.</param>
    public ParameterWire(IReadOnlyList<FlatParameters> groups, ScalarType computeType)
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Weights and gradients travel little-endian, as this machine does not hold them.");
        }

        _groups = groups;
        _gradientType = computeType == ScalarType.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        _gradientSize = _gradientType == ScalarType.BFloat16 ? 2 : Float32Bytes;
        var values = checked((int)groups.Sum(g => g.Count));
        WeightBytes = checked(values * Float32Bytes);
        GradientBytes = checked(values * _gradientSize);
        StateBytes = checked((3 * WeightBytes) + TrailerBytes);
    }

    /// <summary>Bytes of the weights.</summary>
    public int WeightBytes { get; }

    /// <summary>Bytes of a term's gradients.</summary>
    public int GradientBytes { get; }

    /// <summary>Bytes of weights and moments.</summary>
    public int StateBytes { get; }

    /// <summary>Copies the weights out.</summary>
    public byte[] PackWeights()
    {
        var bytes = GC.AllocateUninitializedArray<byte>(WeightBytes);
        _ = Pack(bytes, _groups.Select(g => g.Values));
        return bytes;
    }

    /// <summary>Replaces the weights.</summary>
    /// <param name="bytes">As <see cref="PackWeights"/> gave them.</param>
    /// <exception cref="InvalidInputException">The size is wrong; nothing was changed.</exception>
    public void UnpackWeights(ReadOnlySpan<byte> bytes)
    {
        Require(bytes, WeightBytes, "weights");
        _ = Unpack(bytes, _groups.Select(g => g.Values));
    }

    /// <summary>Copies the gradients out.</summary>
    public byte[] PackGradients()
    {
        using var scope = NewDisposeScope();
        var bytes = GC.AllocateUninitializedArray<byte>(GradientBytes);
        _ = Pack(bytes, _groups.Select(g => g.Gradients.to(_gradientType)));
        return bytes;
    }

    /// <summary>Adds gradients to those that are there.</summary>
    /// <param name="bytes">As <see cref="PackGradients"/> gave them.</param>
    /// <exception cref="InvalidInputException">The size is wrong; nothing was changed.</exception>
    public void AddGradients(ReadOnlySpan<byte> bytes)
    {
        Require(bytes, GradientBytes, "gradients");
        foreach (var group in _groups)
        {
            bytes = Add(bytes, group.Gradients, _gradientType, _gradientSize);
        }
    }

    /// <summary>Sets every gradient to zero.</summary>
    public void ZeroGradients()
    {
        foreach (var group in _groups)
        {
            group.ZeroGradients();
        }
    }

    /// <summary>Copies weights and moments out.</summary>
    /// <param name="optimiser">The optimiser of the same parameters.</param>
    /// <param name="microBatch">Terms a pass, which who goes on from here must keep to.</param>
    public byte[] PackState(FlatAdamW optimiser, int microBatch)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(StateBytes);
        var trailer = Pack(bytes, State(optimiser));
        BinaryPrimitives.WriteInt64LittleEndian(trailer, optimiser.StepCount);
        BinaryPrimitives.WriteInt64LittleEndian(trailer[sizeof(long)..], microBatch);
        return bytes;
    }

    /// <summary>Replaces weights and moments.</summary>
    /// <param name="bytes">As <see cref="PackState"/> gave them.</param>
    /// <param name="optimiser">The optimiser of the same parameters.</param>
    /// <returns>Terms a pass, 1 or more.</returns>
    /// <exception cref="InvalidInputException">The size or the trailer is wrong; nothing was changed.</exception>
    public int UnpackState(ReadOnlySpan<byte> bytes, FlatAdamW optimiser)
    {
        Require(bytes, StateBytes, "weights and moments");
        var (steps, microBatch) = Trailer(bytes);
        _ = Unpack(bytes, State(optimiser));
        optimiser.StepCount = steps;
        return microBatch;
    }

    private static (long Steps, int MicroBatch) Trailer(ReadOnlySpan<byte> bytes)
    {
        var trailer = bytes[^TrailerBytes..];
        var steps = BinaryPrimitives.ReadInt64LittleEndian(trailer);
        var microBatch = BinaryPrimitives.ReadInt64LittleEndian(trailer[sizeof(long)..]);
        return steps >= 0 && microBatch is >= 1 and <= int.MaxValue
            ? (steps, (int)microBatch)
            : throw new InvalidInputException(
                $"The weights and moments claim {steps} steps and {microBatch} terms a pass.",
                "payload",
                "Both ends must run the same version."
            );
    }

    /// <summary>
    /// Replaces weights and moments by the mean of several: their sum in order, divided by their number, in float32. The mean of one is that one, bit for bit.
    /// </summary>
    /// <param name="states">At least one, each as <see cref="PackState"/> gave it.</param>
    /// <param name="optimiser">The optimiser of the same parameters.</param>
    /// <exception cref="InvalidInputException">A size or a trailer is wrong; nothing was changed.</exception>
    public void AverageStates(IReadOnlyList<ReadOnlyMemory<byte>> states, FlatAdamW optimiser)
    {
        using var scope = NewDisposeScope(); // for the second handles that operations in place return
        foreach (var state in states)
        {
            Require(state.Span, StateBytes, "weights and moments");
            _ = Trailer(state.Span);
        }

        _ = UnpackState(states[0].Span, optimiser);
        foreach (var state in states.Skip(1))
        {
            var bytes = state.Span;
            foreach (var flat in State(optimiser))
            {
                bytes = Add(bytes, flat, ScalarType.Float32, Float32Bytes);
            }
        }

        if (states.Count > 1)
        {
            foreach (var flat in State(optimiser))
            {
                flat.DivInPlace(states.Count);
            }
        }
    }

    private IEnumerable<Tensor> State(FlatAdamW optimiser) => _groups.Select(g => g.Values).Concat(optimiser.Means).Concat(optimiser.Variances);

    private static Span<byte> Pack(Span<byte> target, IEnumerable<Tensor> flats)
    {
        foreach (var flat in flats)
        {
            using var host = flat.cpu(); // the same memory if it lies there already
            var source = host.bytes;
            source.CopyTo(target);
            target = target[source.Length..];
        }

        return target;
    }

    private static ReadOnlySpan<byte> Unpack(ReadOnlySpan<byte> source, IEnumerable<Tensor> flats)
    {
        foreach (var flat in flats)
        {
            var size = checked((int)flat.numel() * Float32Bytes);
            if (flat.device_type == TorchSharp.DeviceType.CPU)
            {
                source[..size].CopyTo(flat.bytes);
            }
            else
            {
                using var staged = Stage(source[..size], flat.numel(), ScalarType.Float32);
                flat.copy_(staged);
            }

            source = source[size..];
        }

        return source;
    }

    private static ReadOnlySpan<byte> Add(ReadOnlySpan<byte> source, Tensor flat, ScalarType type, int size)
    {
        using var scope = NewDisposeScope();
        var length = checked((int)flat.numel() * size);
        flat.AddInPlace(Stage(source[..length], flat.numel(), type).to(flat.device).to(ScalarType.Float32));
        return source[length..];
    }

    private static Tensor Stage(ReadOnlySpan<byte> source, long count, ScalarType type)
    {
        var staged = empty([count], type);
        source.CopyTo(staged.bytes);
        return staged;
    }

    private static void Require(ReadOnlySpan<byte> bytes, int expected, string what)
    {
        if (bytes.Length != expected)
        {
            throw new InvalidInputException(
                $"The {what} of this job have {expected} bytes, not {bytes.Length}.",
                "payload",
                "Both ends must run the same version, model and options."
            );
        }
    }
}
