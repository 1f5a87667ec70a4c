using System.Text.RegularExpressions;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.ModelHub;

/// <summary>
/// Which files of a repository make a model: a fixed list of names, so that nothing else is ever fetched; no pickle, no code, no other framework's copy of the
/// weights.
/// </summary>
/// <param name="Kind">What the repository holds.</param>
/// <param name="Files">What is fetched, by path.</param>
internal sealed partial record ModelFileChoice(ModelKind Kind, IReadOnlyList<HostFile> Files)
{
    private const string Diffusers = "diffusion_pytorch_model";
    private const string Transformers = "model";

    private static readonly string[] s_baseFiles =
    [
        "model_index.json",
        "unet/config.json",
        "vae/config.json",
        "text_encoder/config.json",
        "tokenizer/vocab.json",
        "tokenizer/merges.txt",
        "scheduler/scheduler_config.json",
    ];

    private static readonly string[] s_optionalBaseFiles =
    [
        "oneshot.json",
        "tokenizer/special_tokens_map.json",
        "tokenizer/tokenizer_config.json",
        "clip/config.json",
        "clip/preprocessor_config.json",
    ];

    /// <summary>Chooses.</summary>
    /// <param name="files">All files of the repository.</param>
    /// <param name="options">Limits, and which precision is preferred.</param>
    /// <returns>The choice, within the limits.</returns>
    /// <exception cref="InvalidInputException">The repository holds no model that can be used here.</exception>
    /// <exception cref="OneShotException">A file is too large, or the host states no hash of it.</exception>
    public static ModelFileChoice Of(IReadOnlyList<HostFile> files, ModelPullOptions options)
    {
        var choice = Among(files, options);
        choice.RequireHashes();
        return choice;
    }

    /// <summary>Chooses among files whose hashes need not be known.</summary>
    /// <param name="files">All files of the repository, or of a folder.</param>
    /// <param name="options">Limits, and which precision is preferred.</param>
    /// <returns>The choice, within the limits.</returns>
    /// <exception cref="InvalidInputException">There is no model that can be used here.</exception>
    /// <exception cref="OneShotException">A file is too large.</exception>
    public static ModelFileChoice Among(IReadOnlyList<HostFile> files, ModelPullOptions options)
    {
        var byPath = new Dictionary<string, HostFile>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            byPath[file.Path] = file;
        }

        var choice =
            byPath.ContainsKey("model_index.json") ? Base(byPath, options)
            : byPath.ContainsKey("config.json") ? Clip(byPath, options)
            : throw NoModel(byPath.Keys);
        choice.Check(options);
        return choice;
    }

    private static ModelFileChoice Base(Dictionary<string, HostFile> files, ModelPullOptions options)
    {
        if (s_baseFiles.FirstOrDefault(path => !files.ContainsKey(path)) is { } missing)
        {
            throw new InvalidInputException(
                $"The repository lacks {missing}, which every Stable Diffusion 1.x or 2.x model in diffusers' layout has.",
                "repo",
                "Name another repository."
            );
        }

        List<HostFile> chosen =
        [
            .. s_baseFiles.Concat(s_optionalBaseFiles.Where(files.ContainsKey)).Select(path => files[path]),
            .. Weights(files, "unet/", Diffusers, options),
            .. Weights(files, "vae/", Diffusers, options),
            .. Weights(files, "text_encoder/", Transformers, options),
            .. files.ContainsKey("clip/config.json") ? Weights(files, "clip/", Transformers, options) : [],
        ];
        return new ModelFileChoice(ModelKind.Base, [.. chosen.OrderBy(file => file.Path, StringComparer.Ordinal)]);
    }

    private static ModelFileChoice Clip(Dictionary<string, HostFile> files, ModelPullOptions options)
    {
        List<HostFile> chosen = [files["config.json"], .. Weights(files, "", Transformers, options)];
        if (files.TryGetValue("preprocessor_config.json", out var preprocessor))
        {
            chosen.Add(preprocessor);
        }

        return new ModelFileChoice(ModelKind.Clip, [.. chosen.OrderBy(file => file.Path, StringComparer.Ordinal)]);
    }

    // One copy of the weights: what the loader would take, of the precision that was asked for if there is one.
    private static IEnumerable<HostFile> Weights(Dictionary<string, HostFile> files, string folder, string stem, ModelPullOptions options)
    {
        string[] plain = [$"{stem}.safetensors", $"{stem}.safetensors.index.json"];
        string[] half = [$"{stem}.fp16.safetensors", $"{stem}.safetensors.index.fp16.json", $"{stem}.fp16.safetensors.index.json"];
        var name =
            (options.PrefersHalf ? half.Concat(plain) : plain.Concat(half)).FirstOrDefault(candidate => files.ContainsKey(folder + candidate))
            ?? throw NoWeights(files.Keys, folder, stem);
        yield return files[folder + name];
        if (!name.EndsWith(".json", StringComparison.Ordinal))
        {
            yield break;
        }

        var isHalf = half.Contains(name);
        foreach (var (path, file) in files)
        {
            if (
                path.StartsWith(folder + stem, StringComparison.Ordinal)
                && ShardEnding().Match(path[(folder.Length + stem.Length)..]) is { Success: true } match
                && isHalf == match.Value.Contains(".fp16", StringComparison.Ordinal)
            )
            {
                yield return file;
            }
        }
    }

    private void Check(ModelPullOptions options)
    {
        if (Files.Count > options.MaximumFiles)
        {
            throw TooLarge($"The model has {Files.Count} files; at most {options.MaximumFiles} are fetched.");
        }

        if (Files.FirstOrDefault(file => file.Bytes > (IsWeights(file) ? options.MaximumFileBytes : Math.Min(options.MaximumFileBytes, 32 << 20))) is { } large)
        {
            throw TooLarge($"{large.Path} has {large.Bytes} bytes, more than are fetched of such a file.");
        }

        if (Files.Sum(file => (decimal)file.Bytes) > options.MaximumBytes)
        {
            throw TooLarge($"The model has {Files.Sum(file => (decimal)file.Bytes)} bytes; at most {options.MaximumBytes} are fetched.");
        }
    }

    private void RequireHashes()
    {
        if (Files.FirstOrDefault(file => file.Sha256 is null && (file.GitSha1 is null || IsWeights(file))) is { } unknown)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Failed,
                    $"The host states no hash of {unknown.Path}, so what it sends can't be checked.",
                    "repo",
                    "Take the model from another host."
                )
            );
        }
    }

    private static bool IsWeights(HostFile file) => file.Path.EndsWith(".safetensors", StringComparison.Ordinal);

    private static OneShotException TooLarge(string message) =>
        new(new ErrorDetail(ErrorCodes.Limit, message, "repo", "Name a repository that holds a Stable Diffusion 1.x or 2.x model and nothing larger."));

    private static InvalidInputException NoWeights(IEnumerable<string> paths, string folder, string stem) =>
        new(
            $"The repository lacks {folder}{stem}.safetensors"
                + (
                    paths.Any(path => path.StartsWith(folder, StringComparison.Ordinal) && Path.GetExtension(path) is ".bin" or ".ckpt" or ".pt")
                        ? "; it has these weights as a PyTorch pickle alone, which can run code when opened and is never fetched."
                        : "."
                ),
            "repo",
            "Name a repository or --revision with safetensors files."
        );

    private static InvalidInputException NoModel(IEnumerable<string> paths)
    {
        var single = paths.FirstOrDefault(path => path.EndsWith(".safetensors", StringComparison.Ordinal));
        return new InvalidInputException(
            "The repository holds neither model_index.json nor config.json, so it is no model in the layout of diffusers or transformers.",
            "repo",
            single is null
                ? "Name another repository."
                : $"If {RepositoryPath.Shown(single)} is a single-file checkpoint, download it and convert it with: oneshot models convert FILE"
        );
    }

    // diffusion_pytorch_model-00001-of-00002.safetensors, and fp16 before or after the number.
    [GeneratedRegex(@"^(\.fp16)?-[0-9]{5}-of-[0-9]{5}(\.fp16)?\.safetensors\z")]
    private static partial Regex ShardEnding();
}
