using System.Text.RegularExpressions;
using OrleansOneShot.Compute.Safetensors;

namespace OrleansOneShot.Compute.Lora;

/// <summary>
/// Tells by its keys what a file is that is no LoRA for Stable Diffusion 1.x or 2.x: a LoRA for another family of models, another kind of adapter, or no
/// adapter at all.
/// </summary>
internal static partial class ForeignLora
{
    private const string StableDiffusionXL = "Stable Diffusion XL";
    private const string OtherModel = "Use a LoRA that was made for this base model.";
    private const string OtherKind = "Use a LoRA, LoCon, LoHa, LoKr or DoRA.";

    // In this order: what several families have in common comes behind what only one of them has.
    private static readonly (Regex Mark, string Family)[] s_families =
    [
        (
            new Regex(
                @"\Alora_te2_|text_encoder_2\.|text_encoders?[._]clip_g|clip_g\.transformer|add_embedding[._]|label_emb[._]",
                RegexOptions.CultureInvariant
            ),
            StableDiffusionXL
        ),
        (new Regex(@"joint_blocks[._]|joint_transformer_blocks", RegexOptions.CultureInvariant), "Stable Diffusion 3"),
        (new Regex("individual_token_refiner|context_embedder[._]token_refiner", RegexOptions.CultureInvariant), "Hunyuan Video"),
        (new Regex("double_stream_blocks|single_stream_blocks", RegexOptions.CultureInvariant), "HiDream"),
        (new Regex(@"double_blocks[._]|single_blocks[._]|single_transformer_blocks[._]", RegexOptions.CultureInvariant), "Flux"),
        (new Regex(@"double_layers[._]\d|single_layers[._]\d|joint_attn", RegexOptions.CultureInvariant), "AuraFlow"),
        (new Regex(@"transformer_blocks[._]\d+[._](?:img_mlp|txt_mlp|img_mod|txt_mod)", RegexOptions.CultureInvariant), "Qwen-Image"),
        (new Regex(@"transformer_blocks[._]\d+[._]attn[._]add_[kqv]_proj", RegexOptions.CultureInvariant), "Stable Diffusion 3"),
        (new Regex(@"(?:\A|\.|lora_unet_)blocks[._]\d+[._](?:self_attn|cross_attn|ffn|attn[12])", RegexOptions.CultureInvariant), "Wan Video"),
        (new Regex(@"(?:\A|\.|lora_unet_)layers[._]\d+[._](?:attention|feed_forward|adaLN)", RegexOptions.CultureInvariant), "Lumina or Z-Image"),
        (new Regex("lora_prior_(?:unet|te)_|kv_mapper", RegexOptions.CultureInvariant), "Stable Cascade"),
        (new Regex(@"motion_modules[._]", RegexOptions.CultureInvariant), "AnimateDiff"),
        (
            new Regex(@"adaln_single|(?:\A|\.)(?:transformer|diffusion_model)\.transformer_blocks\.", RegexOptions.CultureInvariant),
            "a diffusion transformer, such as PixArt or LTX-Video"
        ),
    ];

    private static readonly (Regex Mark, string What, string Hint)[] s_kinds =
    [
        (
            new Regex(
                @"\Alora_controlnet\z|\Alllite_|input_hint_block|controlnet_cond_embedding|\Acontrol_model\.|controlnet_(?:down|mid)",
                RegexOptions.CultureInvariant
            ),
            "a ControlNet",
            "Use a LoRA."
        ),
        (new Regex(@"\Aimage_proj\.|\Aip_adapter\.", RegexOptions.CultureInvariant), "an IP-Adapter", "Use a LoRA."),
        (new Regex(@"\A\d{2,4}\.\d+\.(?:linear|layernorm)|\A\d{2,4}\.[01]\.\d+\.", RegexOptions.CultureInvariant), "a hypernetwork", "Use a LoRA."),
        (
            new Regex(@"\Aemb_params\z|\Astring_to_param|\Aclip_[lg]\z", RegexOptions.CultureInvariant),
            "a file of learned tokens, not a LoRA",
            "Give it with --embedding."
        ),
        (new Regex(@"\.oft_|\.boft_|\.oft_blocks|\.oft_diag", RegexOptions.CultureInvariant), "an OFT", OtherKind),
        (new Regex(@"on_input\z|ia3_l", RegexOptions.CultureInvariant), "an IA3", OtherKind),
        (new Regex(@"\.[ab][12]\.weight\z", RegexOptions.CultureInvariant), "a GLoRA", OtherKind),
        (new Regex(@"vera_lambda|\.lora_E(?:\.|\z)|lora_embedding_[AB]|\.poly_", RegexOptions.CultureInvariant), "an adapter of another kind", OtherKind),
        (
            new Regex(@"\.w_norm\z|\.b_norm\z|norm\d?(?:_out)?\.diff(?:_b)?\z", RegexOptions.CultureInvariant),
            "an adapter that changes norms",
            "Train it without them (train_norm)."
        ),
    ];

    /// <summary>Refuses a file by its keys alone, so before a model is loaded.</summary>
    /// <param name="shown">The file's name in messages.</param>
    /// <param name="header">Its header.</param>
    /// <exception cref="InvalidInputException">It is for another family, or another kind of file.</exception>
    public static void Refuse(string shown, SafetensorsHeader header)
    {
        foreach (var (mark, family) in s_families)
        {
            if (header.Tensors.Keys.FirstOrDefault(key => mark.IsMatch(key)) is { } key)
            {
                throw Of(
                    shown,
                    FamilyOf(header.Metadata) is { } said && family == "Flux" && said.StartsWith("Hunyuan", StringComparison.Ordinal) ? said : family,
                    key
                );
            }
        }

        foreach (var (mark, what, hint) in s_kinds)
        {
            if (header.Tensors.Keys.FirstOrDefault(key => mark.IsMatch(key)) is { } key)
            {
                throw new InvalidInputException($"{shown} is {what} ({key}), which is not supported.", shown, hint);
            }
        }

        if (!header.Tensors.Keys.Any(key => LoraKey.Parse(key) is not null) && header.Tensors.Keys.FirstOrDefault(key => ModelKey().IsMatch(key)) is { } model)
        {
            throw new InvalidInputException($"{shown} holds a model's weights ({model}), not a LoRA.", shown, "Give a whole model to --model.");
        }
    }

    /// <summary>What a file that doesn't fit says about itself.</summary>
    /// <param name="shown">The file's name in messages.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <returns>The error that names the family, or null when the file doesn't say or says 1.x.</returns>
    public static InvalidInputException? SaidBy(string shown, IReadOnlyDictionary<string, string> metadata) =>
        FamilyOf(metadata) is { } family
        && !family.StartsWith("Stable Diffusion 1", StringComparison.Ordinal)
        && !family.StartsWith("Stable Diffusion 2", StringComparison.Ordinal)
            ? Of(shown, family, "its metadata say so")
            : null;

    /// <summary>Names a family by the width of its text states.</summary>
    /// <param name="width">The input of a cross-attention's <c>to_k</c> or <c>to_v</c>.</param>
    /// <returns>The family, or null.</returns>
    public static string? FamilyOfWidth(long width) =>
        width switch
        {
            768 => "Stable Diffusion 1.x",
            1024 => "Stable Diffusion 2.x",
            2048 => StableDiffusionXL,
            _ => null,
        };

    private static string? FamilyOf(IReadOnlyDictionary<string, string> metadata)
    {
        var said = $"{metadata.GetValueOrDefault("ss_base_model_version")} {metadata.GetValueOrDefault("modelspec.architecture")}".ToLowerInvariant();
        (string Part, string Family)[] known =
        [
            ("sdxl", StableDiffusionXL),
            ("stable-diffusion-xl", StableDiffusionXL),
            ("flux", "Flux"),
            ("stable-diffusion-3", "Stable Diffusion 3"),
            ("sd3", "Stable Diffusion 3"),
            ("hunyuan", "Hunyuan Video"),
            ("wan", "Wan Video"),
            ("lumina", "Lumina or Z-Image"),
            ("qwen", "Qwen-Image"),
            ("cascade", "Stable Cascade"),
            ("sd_v2", "Stable Diffusion 2.x"),
            ("stable-diffusion-v2", "Stable Diffusion 2.x"),
            ("sd_v1", "Stable Diffusion 1.x"),
            ("stable-diffusion-v1", "Stable Diffusion 1.x"),
        ];
        return Array.Find(known, k => said.Contains(k.Part, StringComparison.Ordinal)).Family;
    }

    private static InvalidInputException Of(string shown, string family, string why) =>
        new($"{shown} is a LoRA for {family} ({why}), which is not supported.", shown, OtherModel);

    [GeneratedRegex(
        @"\A(?:model\.diffusion_model|first_stage_model|cond_stage_model|conditioner|unet|vae|encoder|decoder|down_blocks|text_model)\.",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex ModelKey();
}
