using OrleansOneShot.Compute.Models.Loading;

namespace OrleansOneShot.Compute.Models.Clip;

/// <summary>Checks that both towers' configurations share.</summary>
internal static class ClipTower
{
    /// <summary>Activations that are implemented.</summary>
    public static object?[] Activations { get; } = ["quick_gelu", "gelu"];

    public static void CheckTower(ConfigFile file, int width, int inner, int layers, int heads, double eps)
    {
        file.Within("hidden_size", width, 1, 16384);
        file.Within("intermediate_size", inner, 1, 65536);
        file.Within("num_hidden_layers", layers, 1, 128);
        file.Within("num_attention_heads", heads, 1, 256);
        file.Within("layer_norm_eps", eps, 1e-12, 1);
        if (width % heads != 0)
        {
            throw file.Invalid("hidden_size", $"{width}", $"a multiple of num_attention_heads ({heads})");
        }
    }
}
