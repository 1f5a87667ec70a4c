namespace OrleansOneShot.Contracts.Requests;

/// <summary>Which layers of the UNet carry LoRA besides attention; any of them together.</summary>
[GenerateSerializer, Alias("oneshot.MoreLoraTargets"), Flags]
public enum MoreLoraTargets
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The transformers' feed-forward networks (<c>ff.net.0.proj</c>, <c>ff.net.2</c>).</summary>
    FeedForward = 1,

    /// <summary>The transformers' <c>proj_in</c>.</summary>
    ProjectionIn = 2,

    /// <summary>The transformers' <c>proj_out</c>.</summary>
    ProjectionOut = 4,

    /// <summary>Convolutions of the resnets (<c>conv1</c>, <c>conv2</c>, <c>conv_shortcut</c>) and of the samplers.</summary>
    Convolutions = 8,

    /// <summary>The resnets' <c>time_emb_proj</c>.</summary>
    TimeProjections = 16,
}
