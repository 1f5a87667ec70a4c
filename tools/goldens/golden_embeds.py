"""embeds/: a learned_embeds file as load_textual_inversion reads it, and what the text encoder makes of its tokens."""

import shutil
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline

import method
from common import randn, save_json, save_tensors
from parts import load, tokenise

PLACEHOLDER = "<cat>"
PROMPTS = ["a photo of <cat> in the snow", "<cat>", "a cup and <cat>, high quality"]
FILE = "learned_embeds.safetensors"


def make(model: Path, out: Path, seed: int) -> None:
    """Writes learned_embeds.safetensors, embeds.safetensors and embeds.json."""
    shutil.rmtree(out, ignore_errors=True)
    parts = load(model)
    table = parts.text_encoder.embeddings.token_embedding.weight
    vectors = method.unit(randn(seed, method.VECTORS, table.shape[1])) * method.vocabulary_norm(table)
    save_tensors(out / FILE, {PLACEHOLDER: vectors})

    pipe = StableDiffusionPipeline.from_pretrained(model)
    pipe.load_textual_inversion(out, weight_name=FILE)
    expanded = [pipe.maybe_convert_prompt(text, pipe.tokenizer) for text in PROMPTS]
    assert all(method.expand(PLACEHOLDER) in text for text in expanded), expanded
    ids = tokenise(pipe.tokenizer, expanded)
    vocabulary = parts.text_encoder.config.vocab_size
    assert pipe.tokenizer.convert_tokens_to_ids(PLACEHOLDER) == vocabulary
    with torch.no_grad():
        loaded = pipe.text_encoder(ids)

    learned = vectors.clone().requires_grad_(True)
    hidden = method.condition(parts.text_encoder, ids, learned)
    difference = (hidden - loaded.last_hidden_state).abs().max().item()
    assert difference < 1e-5, difference
    weight = randn(seed + 1, *hidden.shape)
    loss = (hidden * weight).mean()
    loss.backward()
    eos = pipe.tokenizer.eos_token_id
    save_tensors(out / "embeds.safetensors", {
        "input_ids": ids, "vectors": vectors, "last_hidden_state": hidden, "loss_weight": weight, "loss": loss, "grad": learned.grad,
        "pooled_at_eos": method.at_first(hidden, ids, eos), "pooler_output": loaded.pooler_output,
        "clip_text_features": method.text_embedding(parts.clip, ids, vectors, eos)})
    save_json(out / "embeds.json", {
        "placeholder": PLACEHOLDER, "tokens": method.token_names(PLACEHOLDER), "first_id": vocabulary, "prompts": PROMPTS, "expanded": expanded,
        "eos_id": eos, "loss": loss.item(), "max_abs_difference_to_load_textual_inversion": difference})
