using System.Globalization;
using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Safetensors;

namespace OrleansOneShot.Compute.Lora;

/// <summary>Compares one layer's tensors with the layer, by their sizes alone: nothing is made, multiplied or opened before they fit.</summary>
/// <param name="module">The layer's name in messages.</param>
/// <param name="layer">The layer.</param>
/// <param name="found">Its tensors.</param>
/// <param name="problems">Gets what doesn't fit.</param>
internal sealed class ShapeCheck(string module, AdaptableLayer layer, LoraTensors found, List<string> problems)
{
    private readonly long _places = layer.Kernel.Aggregate(1L, (a, b) => a * b);

    /// <summary>Checks all tensors of a form, and those that every form may have.</summary>
    /// <param name="form">The form.</param>
    public void Check(LoraForm form)
    {
        switch (form)
        {
            case LoraForm.Product:
                Product();
                break;
            case LoraForm.Hadamard:
                Hadamard();
                break;
            case LoraForm.Kronecker:
                Kronecker();
                break;
            case LoraForm.Full:
                Require(LoraPart.Diff, IsWhole(found[LoraPart.Diff]!.Shape), $"the layer's [{Text([layer.OutFeatures, layer.InFeatures, .. layer.Kernel])}]");
                break;
        }

        if (found[LoraPart.Magnitude] is { } magnitude)
        {
            var lengths = LoraChangeBuilder.IsOfColumns(magnitude) ? layer.InFeatures : layer.OutFeatures;
            var fits = magnitude.Shape.Length <= 4 && magnitude.ElementCount == lengths && magnitude.Shape.Count(s => s != 1) <= 1;
            Require(LoraPart.Magnitude, fits, $"[{layer.OutFeatures}] or [1, {layer.InFeatures}]");
        }
    }

    private static string Text(IEnumerable<long> sizes) => string.Join(", ", sizes.Select(s => s.ToString(CultureInfo.InvariantCulture)));

    private void Product()
    {
        var (down, up) = (found[LoraPart.Down]!, found[LoraPart.Up]!);
        if (found[LoraPart.Mid] is { } mid)
        {
            if (
                layer.Kernel.Count == 0
                || mid.Shape is not [var upRank, var downRank, var height, var width]
                || height != layer.Kernel[0]
                || width != layer.Kernel[1]
                || !IsMatrix(down.Shape, downRank, layer.InFeatures)
                || !IsMatrix(up.Shape, layer.OutFeatures, upRank)
            )
            {
                problems.Add(
                    $"{module} has A {down.ShapeText}, core {mid.ShapeText} and B {up.ShapeText}, which don't make the layer's "
                        + $"[{Text([layer.OutFeatures, layer.InFeatures, .. layer.Kernel])}]"
                );
                return;
            }

            Rank(downRank);
            Rank(upRank);
            return;
        }

        var fits =
            down.Shape is [var rank, var inFeatures, ..]
            && up.Shape is [var outFeatures, var upper, ..]
            && rank == upper
            && inFeatures == layer.InFeatures
            && outFeatures == layer.OutFeatures
            && IsMatrix(up.Shape, outFeatures, rank)
            && (IsMatrix(down.Shape, rank, inFeatures) ? _places == 1 : down.Shape[2..].SequenceEqual(layer.Kernel));
        if (!fits)
        {
            var places = string.Concat(layer.Kernel.Select(k => $", {k}"));
            problems.Add(
                $"{module} has A {down.ShapeText} and B {up.ShapeText} where the layer needs (r, {layer.InFeatures}{places}) and ({layer.OutFeatures}, "
                    + $"r{(layer.Kernel.Count > 0 ? ", 1, 1" : "")})"
            );
            return;
        }

        Rank(down.Shape[0]);
    }

    private void Hadamard()
    {
        var columns = layer.InFeatures * _places;
        foreach (var (a, b, core) in new[] { (LoraPart.HadaW1A, LoraPart.HadaW1B, LoraPart.HadaT1), (LoraPart.HadaW2A, LoraPart.HadaW2B, LoraPart.HadaT2) })
        {
            var (first, second) = (found[a]!.Shape, found[b]!.Shape);
            if (found[core] is { } tucker)
            {
                var fits =
                    layer.Kernel.Count > 0
                    && first is [var r1, var outs]
                    && second is [var r2, var ins]
                    && outs == layer.OutFeatures
                    && ins == layer.InFeatures
                    && tucker.Shape.SequenceEqual([r1, r2, .. layer.Kernel]);
                Require(core, fits, $"a core between {found[a]!.ShapeText} and {found[b]!.ShapeText}");
            }
            else
            {
                Require(a, first is [var outs, var rank] && outs == layer.OutFeatures && second.Length == 2 && second[0] == rank, $"({layer.OutFeatures}, r)");
                Require(b, second is [_, var ins] && ins == columns, $"(r, {columns})");
            }

            Rank(second.Length > 0 ? second[0] : 0);
        }
    }

    private void Kronecker()
    {
        var left = Matrix(LoraPart.LokrW1, LoraPart.LokrW1A, LoraPart.LokrW1B);
        var right = found[LoraPart.LokrT2] is { } core ? Tucker(core) : Matrix(LoraPart.LokrW2, LoraPart.LokrW2A, LoraPart.LokrW2B);
        if (left is not var (out1, in1) || right is not var (out2, in2))
        {
            return;
        }

        // The right matrix has all places of a convolution, whole as dimensions of their own.
        if ((Int128)out1 * out2 != layer.OutFeatures || (Int128)in1 * in2 != (Int128)layer.InFeatures * _places || layer.InFeatures % in1 != 0)
        {
            problems.Add(
                $"{module} is the product of {out1} x {in1} and {out2} x {in2} where the layer needs {layer.OutFeatures} x {layer.InFeatures * _places}"
            );
        }
    }

    private (long Rows, long Columns)? Matrix(LoraPart whole, LoraPart first, LoraPart second)
    {
        if (found[whole] is { } entry)
        {
            if (
                entry.Shape is [>= 1 and var rows, >= 1 and var columns, .. var rest]
                && (rest.Length == 0 || (whole == LoraPart.LokrW2 && rest.SequenceEqual(layer.Kernel)) || rest.All(s => s == 1))
            )
            {
                return (rows, columns * rest.Aggregate(1L, (a, b) => a * b));
            }

            problems.Add($"{entry.Name} is {entry.ShapeText}, not a matrix");
            return null;
        }

        var (a, b) = (found[first]!, found[second]!);
        if (a.Shape is not [>= 1 and var outs, var rank] || b.Shape is not [var same, >= 1 and var ins] || rank != same)
        {
            problems.Add($"{a.Name} {a.ShapeText} and {b.Name} {b.ShapeText} can't be multiplied");
            return null;
        }

        Rank(rank);
        return (outs, ins);
    }

    private (long Rows, long Columns)? Tucker(TensorEntry core)
    {
        var (a, b) = (found[LoraPart.LokrW2A]!, found[LoraPart.LokrW2B]!);
        if (
            layer.Kernel.Count == 0
            || a.Shape is not [var r1, >= 1 and var outs]
            || b.Shape is not [var r2, >= 1 and var ins]
            || !core.Shape.SequenceEqual([r1, r2, .. layer.Kernel])
        )
        {
            problems.Add($"{core.Name} is {core.ShapeText}, no core between {a.ShapeText} and {b.ShapeText}");
            return null;
        }

        Rank(r1);
        Rank(r2);
        return (outs, ins * _places);
    }

    private bool IsWhole(long[] shape) =>
        shape.SequenceEqual([layer.OutFeatures, layer.InFeatures, .. layer.Kernel]) || (_places == 1 && IsMatrix(shape, layer.OutFeatures, layer.InFeatures));

    // A 1 x 1 convolution's weight and a matrix are the same thing: SD 1.x and 2.x differ in which of them a projection is.
    private static bool IsMatrix(long[] shape, long rows, long columns) =>
        shape is [var r, var c, .. var rest] && r == rows && c == columns && (rest.Length == 0 || (rest.Length == 2 && rest.All(s => s == 1)));

    private void Require(LoraPart part, bool fits, string wanted)
    {
        if (!fits)
        {
            problems.Add($"{found[part]!.Name} is {found[part]!.ShapeText}, not {wanted}");
        }
    }

    private void Rank(long rank)
    {
        if (rank is < 1 or > LoraSettings.MaximumRank)
        {
            problems.Add($"{module} has the rank {rank}; it must be from 1 to {LoraSettings.MaximumRank}");
        }
    }
}
