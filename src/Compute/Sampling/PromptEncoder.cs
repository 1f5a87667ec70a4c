using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Tokenization;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Sampling;

/// <summary>Prompts to text states, with learned tokens; each prompt is encoded once.</summary>
/// <param name="textEncoder">The text encoder.</param>
/// <param name="tokenizer">The tokenizer, which knows the learned tokens.</param>
/// <param name="vectors">The learned vectors, (rows, d); null without learned tokens. Not owned.</param>
public sealed class PromptEncoder(ClipTextModel textEncoder, ClipTokenizer tokenizer, Tensor? vectors) : IDisposable
{
    private readonly Dictionary<string, Tensor> _states = [];

    /// <summary>The states of a prompt. A prompt that is too long is cut, as diffusers does; ask <see cref="IsTruncated"/> to warn.</summary>
    /// <param name="prompt">The prompt; may be empty.</param>
    /// <returns>(1, L, d); owned by this encoder.</returns>
    public Tensor Encode(string prompt)
    {
        if (!_states.TryGetValue(prompt, out var states))
        {
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            var ids = tokenizer.EncodePrompts([prompt]).to(textEncoder.TokenTable.device);
            states = textEncoder.call(ids, vectors).DetachFromDisposeScope();
            _states.Add(prompt, states);
        }

        return states;
    }

    /// <summary>Whether a prompt is cut at the text encoder's context.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>True if its end is not seen.</returns>
    public bool IsTruncated(string prompt) => tokenizer.EncodePrompt(prompt).Truncated;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var states in _states.Values)
        {
            states.Dispose();
        }

        _states.Clear();
    }
}
