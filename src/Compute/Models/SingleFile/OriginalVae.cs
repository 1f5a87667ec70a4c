using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansOneShot.Compute.Models.SingleFile;

/// <summary>The VAE's names in the original layout (CompVis' <c>AutoencoderKL</c>), whose decoder counts its levels from the highest down.</summary>
internal static partial class OriginalVae
{
    /// <summary>What its keys start with in a checkpoint.</summary>
    public const string Prefix = "first_stage_model.";

    /// <summary>Diffusers' names.</summary>
    /// <param name="keys">The original names, with or without other parts' keys.</param>
    /// <returns>Target by original name, both whole; names that the layout doesn't know are left out.</returns>
    public static IReadOnlyDictionary<string, string> TargetsOf(IEnumerable<string> keys)
    {
        string[] own = [.. keys.Where(key => key.StartsWith(Prefix, StringComparison.Ordinal))];
        var highest = own.Select(key => LevelPattern().Match(key[Prefix.Length..])).Where(match => match.Success).Select(LevelOf).DefaultIfEmpty(0).Max();
        var targets = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in own)
        {
            if (TargetOf(key[Prefix.Length..], highest) is { } target)
            {
                targets.Add(key, target);
            }
        }

        return targets;
    }

    private static int LevelOf(Match match) => int.Parse(match.Groups["level"].ValueSpan, CultureInfo.InvariantCulture);

    private static string? TargetOf(string key, int highest)
    {
        if (key.StartsWith("quant_conv.", StringComparison.Ordinal) || key.StartsWith("post_quant_conv.", StringComparison.Ordinal))
        {
            return key;
        }

        var dot = key.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || key[..dot] is not ("encoder" or "decoder"))
        {
            return null;
        }

        var half = key[..(dot + 1)];
        var rest = key[(dot + 1)..];
        if (LevelPattern().Match(key) is { Success: true } match)
        {
            var isDown = match.Groups["way"].Value == "down";
            var level = LevelOf(match);
            var block = string.Create(CultureInfo.InvariantCulture, $"{half}{(isDown ? "down" : "up")}_blocks.{(isDown ? level : highest - level)}.");
            var within = key[match.Length..];
            return within.StartsWith("block.", StringComparison.Ordinal) ? $"{block}resnets.{Shortcut(within["block.".Length..])}"
                : within.StartsWith("downsample.", StringComparison.Ordinal) ? $"{block}downsamplers.0.{within["downsample.".Length..]}"
                : within.StartsWith("upsample.", StringComparison.Ordinal) ? $"{block}upsamplers.0.{within["upsample.".Length..]}"
                : null;
        }

        foreach (
            var (original, target) in ((string, string)[])
                [
                    ("mid.block_1.", "mid_block.resnets.0."),
                    ("mid.block_2.", "mid_block.resnets.1."),
                    ("mid.attn_1.norm.", "mid_block.attentions.0.group_norm."),
                    ("mid.attn_1.q.", "mid_block.attentions.0.to_q."),
                    ("mid.attn_1.k.", "mid_block.attentions.0.to_k."),
                    ("mid.attn_1.v.", "mid_block.attentions.0.to_v."),
                    ("mid.attn_1.proj_out.", "mid_block.attentions.0.to_out.0."),
                    ("norm_out.", "conv_norm_out."),
                    ("conv_in.", "conv_in."),
                    ("conv_out.", "conv_out."),
                ]
        )
        {
            if (rest.StartsWith(original, StringComparison.Ordinal))
            {
                return half + target + Shortcut(rest[original.Length..]);
            }
        }

        return null;
    }

    private static string Shortcut(string key) => key.Replace("nin_shortcut.", "conv_shortcut.", StringComparison.Ordinal);

    [GeneratedRegex(@"^(encoder\.(?<way>down)|decoder\.(?<way>up))\.(?<level>[0-9]{1,2})\.")]
    private static partial Regex LevelPattern();
}
