using OrleansOneShot.Compute.Models.Clip;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Models.Clip;

public sealed class ClipGoldenTests : IDisposable
{
    private const long EosId = 959;
    private static readonly Dictionary<string, Tensor> s_goldens = Golden.ReadTo(TestDevice.Device, "modules", "modules.safetensors");
    private static readonly Dictionary<string, Tensor> s_embeds = Golden.ReadTo(TestDevice.Device, "embeds", "embeds.safetensors");
    private readonly ClipTextModel _text = TinyModel.Open().LoadTextEncoder(ScalarType.Float32, TestDevice.Device);
    private readonly ClipModel _clip = TinyModel.Open().LoadClip(ScalarType.Float32, TestDevice.Device);

    public void Dispose()
    {
        _text.Dispose();
        _clip.Dispose();
    }

    [Fact]
    public void TextModel_GoldenIds_AgreesWithTransformers()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var ids = s_goldens["text.input_ids"];
        var hooks = new ModuleHooks(_text);
        (string Golden, string Module)[] hooked =
        [
            ("embeddings", "text_model.embeddings"),
            ("layer.0", "text_model.encoder.layers.0"),
            ("layer.1", "text_model.encoder.layers.1"),
            ("layer.2", "text_model.encoder.layers.2"),
        ];
        foreach (var (_, module) in hooked)
        {
            hooks.Attach(module);
        }

        var hidden = _text.call(ids, null);

        Golden.AssertClose(hidden, s_goldens["text.last_hidden_state"], 1e-5, "text.last_hidden_state");
        Golden.AssertClose(ClipPooling.AtLargest(hidden, ids), s_goldens["text.pooler_output"], 1e-5, "text.pooler_output");
        Golden.AssertClose(ClipPooling.AtFirst(hidden, ids, EosId), s_goldens["text.pooled_at_eos"], 1e-5, "text.pooled_at_eos");
        foreach (var (golden, module) in hooked)
        {
            Golden.AssertClose(hooks.Outputs[module], s_goldens[$"text.hook.{golden}"], 1e-5, $"text.hook.{golden}");
        }

        Golden.AssertClose(_text.Encode(ids, null, skippedLayers: 1), s_goldens["text.clip_skip_2"], 1e-5, "text.clip_skip_2");
    }

    [Fact]
    public void ClipModel_GoldenTextsAndPictures_AgreesWithTransformers()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var hooks = new ModuleHooks(_clip);
        (string Golden, string Module)[] hooked =
        [
            ("vision.embeddings", "vision_model.embeddings"),
            ("vision.pre_layrnorm", "vision_model.pre_layrnorm"),
            ("vision.layer.0", "vision_model.encoder.layers.0"),
        ];
        foreach (var (_, module) in hooked)
        {
            hooks.Attach(module);
        }

        var text = _clip.TextFeatures(s_goldens["text.input_ids"], null, EosId);
        var image = _clip.ImageFeatures(s_goldens["clip.pixel_values"]);
        var textUnit = text / text.norm(-1, keepdim: true);
        var imageUnit = image / image.norm(-1, keepdim: true);

        Golden.AssertClose(text, s_goldens["clip.text_features"], 1e-5, "clip.text_features");
        Golden.AssertClose(image, s_goldens["clip.image_features"], 1e-5, "clip.image_features");
        Golden.AssertClose(textUnit, s_goldens["clip.text_embeds"], 1e-5, "clip.text_embeds");
        Golden.AssertClose(imageUnit, s_goldens["clip.image_embeds"], 1e-5, "clip.image_embeds");
        Golden.AssertClose(_clip.logit_scale.exp() * imageUnit.mm(textUnit.t()), s_goldens["clip.logits_per_image"], 1e-5, "clip.logits_per_image");
        Golden.AssertClose(
            _clip.ImageStates(s_goldens["clip.pixel_values"]),
            s_goldens["clip.vision_last_hidden_state"],
            1e-5,
            "clip.vision_last_hidden_state"
        );
        foreach (var (golden, module) in hooked)
        {
            Golden.AssertClose(hooks.Outputs[module], s_goldens[$"clip.hook.{golden}"], 1e-5, $"clip.hook.{golden}");
        }
    }

    [Fact]
    public void LearnedTokens_GoldenPrompts_AgreeInValuesAndGradients()
    {
        using var scope = NewDisposeScope();
        var ids = s_embeds["input_ids"];
        var vectors = s_embeds["vectors"].clone().requires_grad_(true);

        var hidden = _text.call(ids, vectors);
        var loss = (hidden * s_embeds["loss_weight"]).mean();
        loss.backward();

        Golden.AssertClose(hidden, s_embeds["last_hidden_state"], 1e-5, "embeds.last_hidden_state");
        Golden.AssertClose(ClipPooling.AtFirst(hidden, ids, EosId), s_embeds["pooled_at_eos"], 1e-5, "embeds.pooled_at_eos");
        Golden.AssertClose(ClipPooling.AtLargest(hidden, ids), s_embeds["pooler_output"], 1e-5, "embeds.pooler_output");
        Golden.AssertClose(_clip.TextFeatures(ids, vectors, EosId), s_embeds["clip_text_features"], 1e-5, "embeds.clip_text_features");
        Golden.AssertClose(loss, s_embeds["loss"], 1e-5, "embeds.loss");
        Golden.AssertClose(vectors.grad!, s_embeds["grad"], 1e-4, "embeds.grad");
    }

    [Fact]
    public void LearnedTokens_AbsentFromTheText_GetNoGradient()
    {
        using var scope = NewDisposeScope();
        var vectors = s_embeds["vectors"].clone().requires_grad_(true);
        _text.call(s_goldens["text.input_ids"], vectors).sum().backward();

        Assert.Equal(0, vectors.grad!.abs().max().item<float>());
    }

    [Fact]
    public void TextModel_IdBeyondTheLearnedTokens_IsRefused()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ArgumentException>(() => _text.call(tensor((long[])[958, 960, 959]).unsqueeze(0).to(TestDevice.Device), null));
        Assert.Contains("from 0 to 959, not 958 to 960", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TextModel_TooManyTokens_IsRefused()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ArgumentException>(() => _text.call(zeros(1, 78, dtype: ScalarType.Int64).to(TestDevice.Device), null));
        Assert.Contains("(B, 1 to 77)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TextModel_BFloat16Weights_TakesFloat32Vectors()
    {
        using var scope = NewDisposeScope();
        using var half = TinyModel.Open().LoadTextEncoder(ScalarType.BFloat16, TestDevice.Device);
        var vectors = s_embeds["vectors"].clone().requires_grad_(true);
        var hidden = half.call(s_embeds["input_ids"], vectors);
        hidden.to(ScalarType.Float32).mul(s_embeds["loss_weight"]).mean().backward();

        Golden.AssertClose(hidden, s_embeds["last_hidden_state"], 0.05, "bf16 embeds.last_hidden_state");
        Assert.Equal(ScalarType.Float32, vectors.grad!.dtype);
        Golden.AssertClose(vectors.grad!, s_embeds["grad"], 0.1, "bf16 embeds.grad");
    }
}
