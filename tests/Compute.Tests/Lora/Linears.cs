using OrleansOneShot.Compute.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Lora;

/// <summary>Layers as a UNet names them, without the UNet.</summary>
internal static class Linears
{
    private static readonly string[] s_projections = ["to_q", "to_k", "to_v", "to_out.0"];

    /// <summary>Two transformer blocks' attention layers with random weights; the output projections have a bias.</summary>
    public static OrderedDictionary<string, AdaptableLayer> Small(ScalarType type = ScalarType.Float32, long width = 8, long context = 6)
    {
        using var generator = new Generator(7);
        var linears = new OrderedDictionary<string, AdaptableLayer>();
        foreach (var block in new[] { "down_blocks.0.attentions.0", "up_blocks.1.attentions.2" })
        {
            foreach (var attention in new[] { "attn1", "attn2" })
            {
                foreach (var projection in s_projections)
                {
                    var isOut = projection == "to_out.0";
                    var inFeatures = attention == "attn2" && (projection is "to_k" or "to_v") ? context : width;
                    var linear = new AdaptableLinear(inFeatures, width, isOut)
                    {
                        weight = new Parameter(randn([width, inFeatures], generator: generator).to(type), requires_grad: false),
                    };
                    if (isOut)
                    {
                        linear.bias = new Parameter(randn([width], generator: generator).to(type), requires_grad: false);
                    }

                    linears.Add($"{block}.transformer_blocks.0.{attention}.{projection}", linear);
                }
            }
        }

        return linears;
    }

    /// <summary>The 128 layers of Stable Diffusion 1.5 on the meta device, from the list of its LoRA modules.</summary>
    public static (OrderedDictionary<string, AdaptableLayer> Layers, Dictionary<string, string> KohyaNames) StableDiffusion15()
    {
        var layers = new OrderedDictionary<string, AdaptableLayer>();
        var kohya = new Dictionary<string, string>();
        foreach (var line in File.ReadLines(Golden.PathOf("shapes", "sd15_lora_modules.txt")).Where(l => l.Length > 0))
        {
            // module kohya-name in=320 out=320
            var parts = line.Split(' ');
            layers.Add(parts[0], new AdaptableLinear(long.Parse(parts[2][3..]), long.Parse(parts[3][4..]), hasBias: false));
            kohya.Add(parts[0], parts[1]);
        }

        return (layers, kohya);
    }
}
