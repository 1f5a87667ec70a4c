using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Telemetry;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.Silo.Tests.Telemetry;

public sealed class OtlpExportTests
{
    [Fact]
    public void Create_WithoutAnEndpoint_SendsNothing()
    {
        Assert.Null(OtlpExport.Create(_ => null));
        Assert.Null(OtlpExport.Create(name => name == OtlpExport.EndpointVariable ? "" : null));
        Assert.Null(
            OtlpExport.Create(name =>
                name == OtlpExport.EndpointVariable ? "http://127.0.0.1:4317"
                : name == "OTEL_SDK_DISABLED" ? "true"
                : null
            )
        );
    }

    [Theory]
    [InlineData("127.0.0.1:4317")]
    [InlineData("ftp://collector")]
    public void Create_WithWhatIsNoAddress_SaysSo(string endpoint)
    {
        var error = Assert.Throws<OneShotException>(() => OtlpExport.Create(name => name == OtlpExport.EndpointVariable ? endpoint : null));
        Assert.Equal((ErrorCodes.InvalidInput, OtlpExport.EndpointVariable), (error.Detail.Code, error.Detail.Field));
        // An address may hold a token.
        Assert.DoesNotContain(endpoint, error.Detail.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_WhoseCollectorIsAway_HoldsNobodyUp()
    {
        var endpoint = $"http://127.0.0.1:{FreePort.Find()}";
        using var export = OtlpExport.Create(name => name == OtlpExport.EndpointVariable ? endpoint : null)!;
        await export.StartAsync(TestContext.Current.CancellationToken);
        await export.StopAsync(TestContext.Current.CancellationToken);
    }
}
