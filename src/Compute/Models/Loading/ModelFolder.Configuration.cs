using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Models.Loading;

/// <content>What else than weights decides what a run computes, and how a run holds to it.</content>
public sealed partial class ModelFolder
{
    private const string DefaultsName = "oneshot.json";

    private static readonly string[] s_configurations =
    [
        "unet/config.json",
        "vae/config.json",
        "text_encoder/config.json",
        "scheduler/scheduler_config.json",
        "tokenizer/vocab.json",
        "tokenizer/merges.txt",
        "tokenizer/special_tokens_map.json",
        "tokenizer/tokenizer_config.json",
    ];

    private static readonly string[] s_clipConfigurations = ["config.json", "preprocessor_config.json"];

    /// <summary>
    /// What else than weights decides what the model computes: SHA-256 over the names and bytes of the configurations of all parts, the scheduler, the
    /// tokenizer and the CLIP's preprocessor, and of the defaults but for those of other methods, which are in a run's options by then. Files are read each
    /// time, as they are; of the defaults <see cref="DefaultsText"/> counts.
    /// </summary>
    /// <param name="withDefaults">Whether the folder's defaults count; not for who has resolved them into options.</param>
    /// <returns>64 lower-case hexadecimal digits, the same wherever the folder lies.</returns>
    /// <exception cref="IOException">One can't be read.</exception>
    public string ConfigurationHash(bool withDefaults = true)
    {
        var lines = new StringBuilder();
        foreach (var name in s_configurations)
        {
            AppendFile(name, Within(name.Split('/')));
        }

        if (withDefaults && DefaultsText.Length > 0)
        {
            Append(DefaultsName, ModelDefaultsFile.WithoutMethods(Encoding.UTF8.GetBytes(DefaultsText)));
        }

        foreach (var name in _clipPath is null ? [] : s_clipConfigurations)
        {
            AppendFile($"clip/{name}", System.IO.Path.Combine(_clipPath!, name));
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString())));

        void AppendFile(string name, string path)
        {
            // One that is not there counts as well: its defaults do then.
            if (LinkedFile.Find(path) is not null)
            {
                Append(name, File.ReadAllBytes(path));
            }
        }

        void Append(string name, byte[] bytes) => lines.Append(name).Append(' ').Append(Convert.ToHexStringLower(SHA256.HashData(bytes))).Append('\n');
    }

    /// <summary>The same model with the defaults that a run began with, whatever its <c>oneshot.json</c> says by now.</summary>
    /// <param name="text">A <see cref="DefaultsText"/>.</param>
    /// <returns>The model.</returns>
    /// <exception cref="InvalidInputException">The text can't be used.</exception>
    public ModelFolder WithDefaults(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text == DefaultsText ? this : new ModelFolder(Path, _clipPath, text) { Converted = Converted };
    }

    /// <summary>
    /// The same model without the defaults that versions did not know whose runs did not keep theirs: what such a run began with, as far as the file is
    /// otherwise the same.
    /// </summary>
    /// <returns>The model.</returns>
    public ModelFolder WithDefaultsOfEarlierVersions() => WithDefaults(ModelDefaultsFile.OfEarlierVersions(DefaultsText));
}
