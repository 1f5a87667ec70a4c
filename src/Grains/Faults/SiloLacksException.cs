using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Grains.Faults;

/// <summary>
/// This silo lacks something that one job needs: a model, room for it, a way to the host that has it. Another silo may have it, so the job goes on there; this
/// one is sound, and goes on taking other jobs.
/// </summary>
public sealed class SiloLacksException : OneShotException
{
    /// <summary>Creates the error.</summary>
    /// <param name="detail">What it lacks.</param>
    /// <param name="inner">The cause.</param>
    public SiloLacksException(ErrorDetail detail, Exception? inner = null)
        : base(detail, inner) { }
}

/// <summary>The lack on its way to another silo.</summary>
[GenerateSerializer, Immutable, Alias("oneshot.SiloLack")]
internal readonly record struct SiloLack([property: Id(0)] ErrorDetail Detail);

[RegisterConverter]
internal sealed class SiloLacksExceptionConverter : IConverter<SiloLacksException, SiloLack>
{
    /// <inheritdoc/>
    public SiloLacksException ConvertFromSurrogate(in SiloLack surrogate) => new(surrogate.Detail);

    /// <inheritdoc/>
    public SiloLack ConvertToSurrogate(in SiloLacksException value) => new(value.Detail);
}
