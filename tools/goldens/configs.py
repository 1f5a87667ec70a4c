"""Config files of the models: the key sets that the published models ship, not a dump of every default."""

from typing import Any

Config = dict[str, Any]

SD15_SCHEDULER: Config = {
    "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085,
    "num_train_timesteps": 1000, "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None, "clip_sample": False}

SD15_INDEX: Config = {
    "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.6.0", "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "requires_safety_checker": False, "safety_checker": [None, None], "scheduler": ["diffusers", "PNDMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"]}


def unet(channels: tuple[int, ...], heads: int | list[int], layers: int, cross: int, size: int) -> Config:
    """The key set of Stable Diffusion 1.5's unet/config.json; attention_head_dim there means the number of heads."""
    return {
        "_class_name": "UNet2DConditionModel", "_diffusers_version": "0.6.0", "act_fn": "silu", "attention_head_dim": heads,
        "block_out_channels": list(channels), "center_input_sample": False, "cross_attention_dim": cross,
        "down_block_types": ["CrossAttnDownBlock2D"] * (len(channels) - 1) + ["DownBlock2D"], "downsample_padding": 1, "flip_sin_to_cos": True,
        "freq_shift": 0, "in_channels": 4, "layers_per_block": layers, "mid_block_scale_factor": 1, "norm_eps": 1e-05, "norm_num_groups": 32,
        "out_channels": 4, "sample_size": size, "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * (len(channels) - 1)}


def vae(channels: tuple[int, ...], layers: int, sample_size: int) -> Config:
    """The key set of Stable Diffusion 1.5's vae/config.json: no scaling_factor, whose default is 0.18215."""
    return {
        "_class_name": "AutoencoderKL", "_diffusers_version": "0.6.0", "act_fn": "silu", "block_out_channels": list(channels),
        "down_block_types": ["DownEncoderBlock2D"] * len(channels), "in_channels": 3, "latent_channels": 4, "layers_per_block": layers,
        "norm_num_groups": 32, "out_channels": 3, "sample_size": sample_size, "up_block_types": ["UpDecoderBlock2D"] * len(channels)}


def text(vocabulary: int, hidden: int, layers: int, heads: int, projection: int, legacy_ids: bool) -> Config:
    """A CLIP text model's. legacy_ids: bos 0, eos 2, pad 1, as the files of Stable Diffusion 1.5 have them; else the true ids."""
    eos = vocabulary - 1
    return {
        "architectures": ["CLIPTextModel"], "attention_dropout": 0.0, "bos_token_id": 0 if legacy_ids else eos - 1, "dropout": 0.0,
        "eos_token_id": 2 if legacy_ids else eos, "hidden_act": "quick_gelu", "hidden_size": hidden, "initializer_factor": 1.0,
        "initializer_range": 0.02, "intermediate_size": hidden * 4, "layer_norm_eps": 1e-05, "max_position_embeddings": 77,
        "model_type": "clip_text_model", "num_attention_heads": heads, "num_hidden_layers": layers, "pad_token_id": 1,
        "projection_dim": projection, "torch_dtype": "float32", "transformers_version": "4.22.0.dev0", "vocab_size": vocabulary}


def vision(hidden: int, layers: int, heads: int, projection: int, image: int, patch: int) -> Config:
    """A CLIP vision model's."""
    return {
        "attention_dropout": 0.0, "dropout": 0.0, "hidden_act": "quick_gelu", "hidden_size": hidden, "image_size": image, "initializer_factor": 1.0,
        "initializer_range": 0.02, "intermediate_size": hidden * 4, "layer_norm_eps": 1e-05, "model_type": "clip_vision_model",
        "num_attention_heads": heads, "num_hidden_layers": layers, "patch_size": patch, "projection_dim": projection}


def preprocessor(size: int) -> Config:
    """What CLIP's image processor does with a picture."""
    return {
        "crop_size": size, "do_center_crop": True, "do_convert_rgb": True, "do_normalize": True, "do_resize": True,
        "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711], "image_processor_type": "CLIPImageProcessor", "resample": 3, "size": size}
