namespace OrleansOneShot.Contracts.Requests;

/// <summary>One object of the photo.</summary>
[GenerateSerializer, Immutable, Alias("oneshot.ObjectSpec")]
public sealed record ObjectSpec
{
    /// <summary>Class name, such as "cat" or "teddy bear".</summary>
    [Id(0)]
    public required string Class { get; init; }

    /// <summary>Identifier token, such as "&lt;cat&gt;".</summary>
    [Id(1)]
    public required string Token { get; init; }

    /// <summary>SHA-256 of the mask file's bytes.</summary>
    [Id(2)]
    public required string Mask { get; init; }
}
