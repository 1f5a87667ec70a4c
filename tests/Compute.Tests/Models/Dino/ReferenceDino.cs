using OrleansOneShot.Compute.Models.Dino;

namespace OrleansOneShot.Compute.Tests.Models.Dino;

/// <summary>
/// Both vision transformers in fp64 loops, written down from the papers and transformers' ViTModel and Dinov2Model, with nothing of libtorch in it: what the
/// modules have to compute.
/// </summary>
internal sealed class ReferenceDino(DinoConfig config, IReadOnlyDictionary<string, double[]> weights)
{
    private int Width => config.HiddenSize;

    /// <summary>The states of a picture of (3, side, side): [token][channel].</summary>
    public double[][] Run(double[] pixels, int side)
    {
        var states = Embed(pixels, side);
        for (var layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            var at = $"encoder.layer.{layer}.";
            var (first, second) = config.IsSecond ? ("norm1", "norm2") : ("layernorm_before", "layernorm_after");
            var mixed = Attend(Each(states, x => Norm(x, at + first)), at + "attention.");
            states = Added(states, config.IsSecond ? Scaled(mixed, at + "layer_scale1.lambda1") : mixed);
            var (into, outOf) = config.IsSecond ? ("mlp.fc1", "mlp.fc2") : ("intermediate.dense", "output.dense");
            var inner = Each(states, x => Linear(Array.ConvertAll(Linear(Norm(x, at + second), at + into), Gelu), at + outOf));
            states = Added(states, config.IsSecond ? Scaled(inner, at + "layer_scale2.lambda1") : inner);
        }

        return Each(states, x => Norm(x, "layernorm"));
    }

    private double[][] Embed(double[] pixels, int side)
    {
        var patch = config.PatchSize;
        var across = side / patch;
        var (kernel, bias) = (weights["embeddings.patch_embeddings.projection.weight"], weights["embeddings.patch_embeddings.projection.bias"]);
        var positions = Positions(across);
        var states = new List<double[]> { Sum(weights["embeddings.cls_token"], positions[0]) };
        for (var row = 0; row < across; row++)
        {
            for (var column = 0; column < across; column++)
            {
                var state = new double[Width];
                for (var o = 0; o < Width; o++)
                {
                    state[o] = bias[o];
                    for (var c = 0; c < 3; c++)
                    {
                        for (var y = 0; y < patch; y++)
                        {
                            for (var x = 0; x < patch; x++)
                            {
                                state[o] +=
                                    kernel[(((((o * 3) + c) * patch) + y) * patch) + x]
                                    * pixels[(((c * side) + (row * patch) + y) * side) + (column * patch) + x];
                            }
                        }
                    }
                }

                states.Add(Sum(state, positions[1 + (row * across) + column]));
            }
        }

        return [.. states];
    }

    // The table as it is, or resized by the cubic convolution with a = -0.75 and pixels counted by their centres, as torch's interpolate does it.
    private double[][] Positions(int across)
    {
        var table = weights["embeddings.position_embeddings"].Chunk(Width).ToArray();
        var own = (int)Math.Sqrt(table.Length - 1);
        if (own == across)
        {
            return table;
        }

        var result = new List<double[]> { table[0] };
        for (var row = 0; row < across; row++)
        {
            for (var column = 0; column < across; column++)
            {
                var sum = new double[Width];
                foreach (var (y, wy) in Taps(row, across, own))
                {
                    foreach (var (x, wx) in Taps(column, across, own))
                    {
                        for (var c = 0; c < Width; c++)
                        {
                            sum[c] += wy * wx * table[1 + (y * own) + x][c];
                        }
                    }
                }

                result.Add(sum);
            }
        }

        return [.. result];
    }

    private static IEnumerable<(int Index, double Weight)> Taps(int at, int count, int own)
    {
        var place = ((at + 0.5) * own / count) - 0.5;
        var below = (int)Math.Floor(place);
        for (var i = below - 1; i <= below + 2; i++)
        {
            yield return (Math.Clamp(i, 0, own - 1), Cubic(Math.Abs(place - i)));
        }
    }

    private static double Cubic(double x)
    {
        const double A = -0.75;
        return x <= 1 ? ((((A + 2) * x) - (A + 3)) * x * x) + 1 : ((((A * x) - (5 * A)) * x) + (8 * A)) * x - (4 * A);
    }

    private double[][] Attend(double[][] states, string at)
    {
        var (q, k, v) = (Project("query"), Project("key"), Project("value"));
        var size = Width / config.NumAttentionHeads;
        var mixed = Each(states, _ => new double[Width]);
        for (var head = 0; head < config.NumAttentionHeads; head++)
        {
            for (var i = 0; i < states.Length; i++)
            {
                var scores = new double[states.Length];
                for (var j = 0; j < states.Length; j++)
                {
                    for (var c = head * size; c < (head + 1) * size; c++)
                    {
                        scores[j] += q[i][c] * k[j][c] / Math.Sqrt(size);
                    }
                }

                var shares = Array.ConvertAll(scores, Math.Exp);
                var all = shares.Sum();
                for (var j = 0; j < states.Length; j++)
                {
                    for (var c = head * size; c < (head + 1) * size; c++)
                    {
                        mixed[i][c] += shares[j] / all * v[j][c];
                    }
                }
            }
        }

        return Each(mixed, x => Linear(x, at + "output.dense"));

        double[][] Project(string name) => Each(states, x => Linear(x, $"{at}attention.{name}"));
    }

    private double[] Linear(double[] x, string at)
    {
        var (matrix, bias) = (weights[$"{at}.weight"], weights[$"{at}.bias"]);
        var y = bias.ToArray();
        for (var o = 0; o < y.Length; o++)
        {
            for (var i = 0; i < x.Length; i++)
            {
                y[o] += matrix[(o * x.Length) + i] * x[i];
            }
        }

        return y;
    }

    private double[] Norm(double[] x, string at)
    {
        var mean = x.Average();
        var spread = Math.Sqrt(x.Average(value => (value - mean) * (value - mean)) + config.Epsilon);
        var (weight, bias) = (weights[$"{at}.weight"], weights[$"{at}.bias"]);
        return [.. x.Select((value, i) => ((value - mean) / spread * weight[i]) + bias[i])];
    }

    private double[][] Scaled(double[][] states, string at) => Each(states, x => [.. x.Select((value, i) => value * weights[at][i])]);

    // The error function by its series, which converges for every number that occurs here.
    private static double Gelu(double x)
    {
        var z = x / Math.Sqrt(2);
        var (term, sum) = (z, z);
        for (var n = 1; n < 200; n++)
        {
            term *= -z * z / n;
            sum += term / ((2 * n) + 1);
        }

        return x / 2 * (1 + (2 / Math.Sqrt(Math.PI) * sum));
    }

    private static double[][] Each(double[][] states, Func<double[], double[]> map) => Array.ConvertAll(states, x => map(x));

    private static double[][] Added(double[][] a, double[][] b) => [.. a.Zip(b, Sum)];

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
