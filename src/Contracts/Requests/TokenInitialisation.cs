namespace OrleansOneShot.Contracts.Requests;

/// <summary>Where the learned vectors start.</summary>
[GenerateSerializer, Alias("oneshot.TokenInitialisation")]
public enum TokenInitialisation
{
    /// <summary>The class name's own token embeddings, repeated in order.</summary>
    Class = 0,

    /// <summary>Random directions at the vocabulary's mean norm.</summary>
    Random = 1,
}
