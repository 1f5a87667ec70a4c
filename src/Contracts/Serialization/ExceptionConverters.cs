using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Contracts.Serialization;

/// <summary>An error on its way between silos: what people are told of it; its causes stay in the log of the silo that met them.</summary>
[GenerateSerializer, Immutable, Alias("oneshot.OneShotError")]
internal readonly record struct OneShotError([property: Id(0)] ErrorDetail Detail, [property: Id(1)] TimeSpan? RetryAfter);

[RegisterConverter]
internal sealed class OneShotExceptionConverter : IConverter<OneShotException, OneShotError>
{
    /// <inheritdoc/>
    public OneShotException ConvertFromSurrogate(in OneShotError surrogate) => new(surrogate.Detail) { RetryAfter = surrogate.RetryAfter };

    /// <inheritdoc/>
    public OneShotError ConvertToSurrogate(in OneShotException value) => new(value.Detail, value.RetryAfter);
}

/// <summary>A refusal of an epoch on its way.</summary>
[GenerateSerializer, Immutable, Alias("oneshot.StaleEpoch")]
internal readonly record struct StaleEpoch([property: Id(0)] string JobId, [property: Id(1)] long Epoch, [property: Id(2)] long Current);

[RegisterConverter]
internal sealed class StaleEpochExceptionConverter : IConverter<StaleEpochException, StaleEpoch>
{
    /// <inheritdoc/>
    public StaleEpochException ConvertFromSurrogate(in StaleEpoch surrogate) => new(surrogate.JobId, surrogate.Epoch, surrogate.Current);

    /// <inheritdoc/>
    public StaleEpoch ConvertToSurrogate(in StaleEpochException value) => new(value.JobId, value.Epoch, value.Current);
}
