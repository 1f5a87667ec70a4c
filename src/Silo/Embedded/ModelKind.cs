namespace OrleansOneShot.Silo.Embedded;

/// <summary>What a model is for.</summary>
public enum ModelKind
{
    /// <summary>A base model that draws.</summary>
    Base,

    /// <summary>A CLIP with both towers, for <c>--clip</c>.</summary>
    Clip,
}
