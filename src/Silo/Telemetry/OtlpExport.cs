using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Silo.Telemetry;

/// <summary>
/// Sends metrics and traces to a collector, where the environment names one by OpenTelemetry's variables (<see cref="EndpointVariable"/>, headers, protocol,
/// <c>OTEL_SERVICE_NAME</c>, <c>OTEL_RESOURCE_ATTRIBUTES</c>, <c>OTEL_TRACES_SAMPLER</c>). Off by default: nothing is sent anywhere.
/// </summary>
internal sealed class OtlpExport : IHostedService, IDisposable
{
    /// <summary>Switches it on.</summary>
    public const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private const string DisabledVariable = "OTEL_SDK_DISABLED";
    private const string SamplerVariable = "OTEL_TRACES_SAMPLER";
    private const string Service = "oneshot";

    private readonly Func<string, string?> _variable;
    private MeterProvider? _metrics;
    private TracerProvider? _traces;

    private OtlpExport(Func<string, string?> variable) => _variable = variable;

    /// <summary>Whether the environment names a collector.</summary>
    /// <param name="variable">Reads a variable.</param>
    /// <returns>Whether it does.</returns>
    public static bool IsWanted(Func<string, string?> variable) =>
        variable(EndpointVariable) is { Length: > 0 } && !string.Equals(variable(DisabledVariable), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>The export that the environment asks for.</summary>
    /// <param name="variable">Reads a variable.</param>
    /// <returns>The export, not started; null: none is wanted.</returns>
    /// <exception cref="OneShotException">invalid_input: the address can't be one.</exception>
    public static OtlpExport? Create(Func<string, string?> variable)
    {
        if (!IsWanted(variable))
        {
            return null;
        }
        if (!Uri.TryCreate(variable(EndpointVariable), UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.InvalidInput,
                    $"{EndpointVariable} is no address of a collector.",
                    EndpointVariable,
                    "Set it to one such as http://127.0.0.1:4317, or leave it out: then nothing is sent."
                )
            );
        }

        return new OtlpExport(variable);
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _metrics = Sdk.CreateMeterProviderBuilder().ConfigureResource(Describe).AddOneShotMeters().AddOtlpExporter().Build();
        var traces = Sdk.CreateTracerProviderBuilder().ConfigureResource(Describe).AddOneShotSources();
        if (string.IsNullOrEmpty(_variable(SamplerVariable)))
        {
            traces.SetSampler(new ParentBasedSampler(new RootSampler(), remoteParentSampled: new CallSampler(), localParentSampled: new CallSampler()));
        }
        _traces = traces.AddOtlpExporter().Build();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Sends what is left, for a few seconds at most.</summary>
    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    // The variables have the last word.
    private static void Describe(ResourceBuilder resource) =>
        resource
            .Clear()
            .AddService(Service, serviceVersion: ProgramVersion.Text, autoGenerateServiceInstanceId: true)
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
}
