using System.Globalization;
using System.Text;
using OrleansOneShot.Common;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Results;

/// <summary>README.md of a result: what was learned from what, the words to use, and lines to copy for the programs that draw with it.</summary>
public static class ResultReadme
{
    /// <summary>Writes it.</summary>
    /// <param name="summary">The result.</param>
    /// <returns>Markdown, whose commands run in the folder that it lies in.</returns>
    public static string Write(ResultSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        var text = new StringBuilder();
        foreach (var section in new Action<StringBuilder, ResultSummary>[] { Top, Words, OneShot, Diffusers, WebUi, ComfyUi, Files, Quality, Warnings, Again })
        {
            section(text, summary);
        }

        return text.ToString().TrimEnd() + "\n";
    }

    private static void Top(StringBuilder text, ResultSummary summary)
    {
        var objects = summary.Objects.Select(one => $"{Markdown.Code(one.Token)} ({Markdown.Escape(one.Class)})").ToList();
        text.Append(CultureInfo.InvariantCulture, $"# {Markdown.Escape(summary.Options.Name)}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"One photo taught the model {Markdown.Code(summary.Model)} ({summary.Family}) ");
        text.Append(CultureInfo.InvariantCulture, $"{(objects.Count == 1 ? "the word" : "the words")} {ResultWords.And(objects)}.\n");
        text.Append(CultureInfo.InvariantCulture, $"Training: {ResultWords.Training(summary)}.\n");
        text.Append("`report.html` shows it on one page: photo, mask, pictures, losses and measurements.\n\n");
    }

    private static void Words(StringBuilder text, ResultSummary summary)
    {
        text.Append("## The words to use\n");
        text.Append("| object | oneshot, diffusers | AUTOMATIC1111, Forge | ComfyUI |\n| --- | --- | --- | --- |\n");
        foreach (var one in summary.Objects)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {Markdown.Escape(one.Class)} | {Markdown.CellCode(one.Token)} | {Markdown.CellCode(one.Word)} | {Markdown.CellCode(ComfyWord(one))} |\n"
            );
        }

        var first = summary.Objects[0];
        text.Append(
            CultureInfo.InvariantCulture,
            $"\nWrite the word where {Markdown.Code(first.Class)} would stand: {Markdown.Code(ResultWords.Example(summary))}.\n"
        );
        text.Append(Belonging(summary)).Append("\n\n");
    }

    private static void OneShot(StringBuilder text, ResultSummary summary)
    {
        var scale = summary.Options.PersonalizationGuidance;
        var guidance = scale is null ? "" : FormattableString.Invariant($" --personalization-guidance {scale}");
        text.Append("## oneshot\n");
        text.Append(
            Markdown.Block(
                "bash",
                $"oneshot generate --implantation . --prompt {ShellWords.Quote(ResultWords.Example(summary))}{guidance} --count 4 --out pictures"
            )
        );
        text.Append(scale is null ? "" : "The pictures were drawn with this guidance, which the programs below don't have: theirs look as without it.\n");
        text.Append('\n');
    }

    private static void Diffusers(StringBuilder text, ResultSummary summary)
    {
        var options = summary.Options;
        var code = new StringBuilder();
        var isDreambooth = options.Method == TrainingMethod.Dreambooth;
        code.Append(
            CultureInfo.InvariantCulture,
            $"import torch\nfrom diffusers import StableDiffusionPipeline{(isDreambooth ? ", UNet2DConditionModel" : "")}\n\n"
        );
        code.Append(CultureInfo.InvariantCulture, $"base = {PythonText.Literal(summary.Model)}  # the base model: its folder, or its name on the Hub\n");
        code.Append(isDreambooth ? "unet = UNet2DConditionModel.from_pretrained(\"unet\")\n" : "");
        code.Append(CultureInfo.InvariantCulture, $"pipeline = StableDiffusionPipeline.from_pretrained(base{(isDreambooth ? ", unet=unet" : "")})\n");
        if (options.Method.HasLora())
        {
            code.Append(CultureInfo.InvariantCulture, $"pipeline.load_lora_weights(\".\", weight_name={PythonText.Literal($"{options.Name}.safetensors")})\n");
        }

        foreach (var one in summary.Objects)
        {
            code.Append(
                CultureInfo.InvariantCulture,
                $"pipeline.load_textual_inversion({PythonText.Literal($"learned_embeds/{one.Word}.safetensors")}, token={PythonText.Literal(one.Token)})\n"
            );
        }

        code.Append(
            string.Create(
                    CultureInfo.InvariantCulture,
                    $"""
                    picture = pipeline(
                        {PythonText.Literal(ResultWords.Example(summary))},
                        height={options.Resolution},
                        width={options.Resolution},
                        num_inference_steps={options.SamplingSteps},
                        guidance_scale={options.GuidanceScale},
                        generator=torch.Generator().manual_seed({options.Seed}),
                    ).images[0]
                    picture.save("picture.png")
                    """
                )
                .ReplaceLineEndings("\n")
        );
        text.Append("## diffusers\nNeeds `diffusers`, `transformers` and `peft`; run it in this folder.\n");
        text.Append(Markdown.Block("python", code.ToString())).Append('\n');
    }

    private static void WebUi(StringBuilder text, ResultSummary summary)
    {
        if (summary.Options.Method == TrainingMethod.Dreambooth)
        {
            text.Append("## AUTOMATIC1111, Forge, ComfyUI\n");
            text.Append(
                "They load whole models: put `unet/` in place of the base model's, and convert that folder to a checkpoint file with diffusers' scripts.\n\n"
            );
            return;
        }

        var lora = summary.Options.Method.HasLora() ? $" <lora:{summary.Options.Name}:1>" : "";
        text.Append("## AUTOMATIC1111, Forge\n");
        text.Append(Markdown.Block("bash", Copies(summary, "stable-diffusion-webui/models/Lora", "stable-diffusion-webui/embeddings")));
        text.Append("Prompt:\n");
        text.Append(Markdown.Block("text", $"{ResultWords.With(ResultWords.Example(summary), summary, one => one.Word)}{lora}"));
        text.Append("The name of a file in `embeddings` is its word.\n");
        text.Append("Should another file of that name be there already, copy this one under a name of its own, and write that name.\n\n");
    }

    private static void ComfyUi(StringBuilder text, ResultSummary summary)
    {
        if (summary.Options.Method == TrainingMethod.Dreambooth)
        {
            return;
        }

        var name = summary.Options.Name;
        text.Append("## ComfyUI\n");
        text.Append(Markdown.Block("bash", Copies(summary, "ComfyUI/models/loras", "ComfyUI/models/embeddings")));
        if (summary.Options.Method.HasLora())
        {
            text.Append(CultureInfo.InvariantCulture, $"A \"Load LoRA\" node takes {Markdown.Code($"{name}.safetensors")} at strength 1; ");
            text.Append(
                CultureInfo.InvariantCulture,
                $"nodes that read it from the prompt, such as the LoRA Manager's, take {Markdown.Code($"<lora:{name}:1>")}.\n"
            );
        }

        text.Append("Prompt:\n");
        text.Append(Markdown.Block("text", ResultWords.With(ResultWords.Example(summary), summary, ComfyWord))).Append('\n');
    }

    private static void Files(StringBuilder text, ResultSummary summary)
    {
        text.Append("## Files\n| file | what it is |\n| --- | --- |\n");
        if (summary.Options.Method.HasLora())
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {Markdown.CellCode($"{summary.Options.Name}.safetensors")} | the LoRA as kohya's tools write it: "
                    + $"AUTOMATIC1111, Forge, ComfyUI, diffusers |\n"
            );
            text.Append("| `pytorch_lora_weights.safetensors` | the same LoRA as peft and diffusers write it |\n");
        }
        else if (summary.Options.Method == TrainingMethod.Dreambooth)
        {
            text.Append("| `unet/` | the whole UNet, in place of the base model's, as diffusers has it |\n");
        }

        foreach (var one in summary.Objects)
        {
            var what = one.PlainWords is { } words
                ? $"{Markdown.CellCode(one.Token)} as another name for \"{words}\""
                : $"the vectors of {Markdown.CellCode(one.Token)}";
            text.Append(CultureInfo.InvariantCulture, $"| {Markdown.CellCode($"learned_embeds/{one.Word}.safetensors")} | {what} |\n");
        }

        if (summary.Pictures.Count > 0)
        {
            text.Append("| `sheet.png`, `samples/` | the photo beside the pictures; the pictures, each with its settings in its metadata |\n");
        }

        text.Append("| `curves.png`, `metrics.json` | the losses by step; all that was measured |\n");
        text.Append("| `request.json`, `manifest.json` | what was asked for; what was used, with every file's SHA-256 |\n\n");
    }

    private static void Quality(StringBuilder text, ResultSummary summary)
    {
        var lines = summary
            .Objects.Where(one => one.Likeness is not null)
            .Select(one => $"* {Markdown.Code(one.Token)}: {Markdown.Escape(ResultWords.Likeness(one)!)}\n")
            .ToList();
        if (lines.Count == 0)
        {
            return;
        }

        text.Append("## How like it is\n").AppendJoin("", lines);
        text.Append("\nThe numbers are cosines between what CLIP sees in the pictures and in the photo's object: 1 would be the same.\n");
        if (summary.Objects.Any(one => one.PlainLikeness is not null))
        {
            text.Append("\"Any\" is what the same model draws for the plain word, from the same prompts and the same noise.\n");
        }

        if (summary.TextAlignment is { } alignment)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"Text alignment, by which one tells how well the prompts were followed: {ResultWords.Cosine(alignment)}.\n"
            );
        }

        text.Append('\n');
    }

    private static void Warnings(StringBuilder text, ResultSummary summary)
    {
        if (summary.Warnings.Count > 0)
        {
            text.Append("## Warnings\n").AppendJoin("", summary.Warnings.Select(warning => $"* {Markdown.Escape(warning)}\n")).Append('\n');
        }
    }

    private static void Again(StringBuilder text, ResultSummary summary)
    {
        if (summary.Command is not { } command)
        {
            return;
        }

        text.Append("## Make it again\n").Append(Markdown.Block("bash", command.Text));
        text.Append("The same command gives the same files, byte for byte, on the same kind of machine.\n");
        text.Append("It names the files by what they are, since their own names are not known:\n");
        text.Append("\n| file | SHA-256 |\n| --- | --- |\n");
        text.AppendJoin("", command.Files.Select(file => $"| {Markdown.CellCode(file.Name)} | `{file.Sha256}` |\n"));
    }

    private static string Belonging(ResultSummary summary) =>
        summary.Options.Method switch
        {
            TrainingMethod.Ours => "The LoRA and the word's file belong together: one without the other draws something else.",
            TrainingMethod.TextualInversion => "The word's file is all that was learned.",
            _ =>
                $"It stands for {ResultWords.And([.. summary.Objects.Select(one => $"\"{one.PlainWords}\"")])}, which may be written in its place, without the "
                    + "word's file.",
        };

    private static string Copies(ResultSummary summary, string loras, string embeddings) =>
        (summary.Options.Method.HasLora() ? $"cp {ShellWords.Quote($"{summary.Options.Name}.safetensors")} {loras}/\n" : "")
        + $"cp {string.Join(' ', summary.Objects.Select(one => ShellWords.Quote($"learned_embeds/{one.Word}.safetensors")))} {embeddings}/";

    private static string ComfyWord(ResultObject one) => $"embedding:{one.Word}";
}
