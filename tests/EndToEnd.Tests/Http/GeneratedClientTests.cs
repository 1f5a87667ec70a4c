using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NJsonSchema.CodeGeneration.CSharp;
using NSwag;
using NSwag.CodeGeneration.CSharp;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>A client that a generator (NSwag) makes of docs/openapi.json compiles, and works against the server.</summary>
public sealed class GeneratedClientTests : IAsyncLifetime
{
    private const string Name = "Generated.OneShotApi";

    // What a user of the generator adds: what is not set is left out and takes its default.
    private const string Own = """
        namespace Generated
        {
            partial class OneShotApi
            {
                static partial void UpdateJsonSerializerSettings(System.Text.Json.JsonSerializerOptions settings) =>
                    settings.DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull;
            }
        }
        """;

    private readonly HttpServer _server = new();

    public async ValueTask InitializeAsync() => await _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Client_MadeOfTheDocument_SubmitsListsAndGets()
    {
        var assembly = Compile(await GenerateAsync());
        dynamic client = Activator.CreateInstance(assembly.GetType(Name)!, _server.Client)!;
        client.BaseUrl = _server.Client.BaseAddress!.ToString();

        // The body goes through the generated records, as a user of the client fills them.
        var body = HttpServer.Request(await _server.UploadAsync("cat.png"), await _server.UploadAsync("cat-mask.png"), 300);
        var request = System.Text.Json.JsonSerializer.Deserialize(body.ToJsonString(), assembly.GetType("Generated.ImplantationRequest")!)!;
        var submit = Method(assembly, "SubmitImplantationAsync");
        dynamic submitted;
        try
        {
            submitted = await (dynamic)submit.Invoke(client, Arguments(submit, request))!;
        }
        catch (Exception e) when (e.GetType().Name.StartsWith("ApiException", StringComparison.Ordinal))
        {
            Assert.Fail($"{((dynamic)e).Result.Detail}");
            throw;
        }

        string id = submitted.Id;
        Assert.Equal(body["name"]!.GetValue<string>(), (string)submitted.Request.Name);
        Assert.Equal(300, (int)submitted.Request.Training.Steps);

        var list = Method(assembly, "ListImplantationsAsync");
        dynamic page = await (dynamic)list.Invoke(client, Arguments(list))!;
        Assert.Equal([id], ((IEnumerable)page.Items).Cast<dynamic>().Select(job => (string)job.Id));

        var get = Method(assembly, "GetImplantationAsync");
        dynamic status = await (dynamic)get.Invoke(client, Arguments(get, id))!;
        Assert.Equal(id, (string)status.Id);

        // What is refused comes as the document's own error.
        var thrown = await Assert.ThrowsAnyAsync<Exception>(async () => await (dynamic)get.Invoke(client, Arguments(get, "i-nothing"))!);
        Assert.Equal(404, (int)((dynamic)thrown).StatusCode);
        Assert.Equal("not_found", (string)((dynamic)thrown).Result.Code);

        var cancel = Method(assembly, "CancelImplantationAsync");
        dynamic cancelled = await (dynamic)cancel.Invoke(client, Arguments(cancel, id))!;
        Assert.Equal("Cancelled", cancelled.State.ToString());
    }

    private static async Task<string> GenerateAsync()
    {
        var document = await OpenApiDocument.FromFileAsync(ApiContract.File);
        var settings = new CSharpClientGeneratorSettings
        {
            ClassName = "OneShotApi",
            GenerateOptionalParameters = true,
            CSharpGeneratorSettings =
            {
                Namespace = "Generated",
                JsonLibrary = CSharpJsonLibrary.SystemTextJson,
                JsonLibraryVersion = 10.0m, // from 9 on it writes enums by the document's own words
                GenerateNullableReferenceTypes = true,
                GenerateOptionalPropertiesAsNullable = true,
            },
        };
        return new CSharpClientGenerator(document, settings).GenerateFile() + "\n" + Own;
    }

    private static Assembly Compile(string code)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path =>
                Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(path) is "netstandard.dll" or "mscorlib.dll"
            )
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            "GeneratedClient",
            [CSharpSyntaxTree.ParseText(code)],
            references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable)
        );
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        Assert.Equal([], result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).ToImmutableArray());
        return Assembly.Load(image.ToArray());
    }

    // The overload that takes a token has every parameter.
    private static MethodInfo Method(Assembly assembly, string name) =>
        assembly.GetType(Name)!.GetMethods().Where(method => method.Name == name).MaxBy(method => method.GetParameters().Length)!;

    // By the type of the parameter: a body, a text that is required, or what it is when left out.
    private static object?[] Arguments(MethodInfo method, params object[] given)
    {
        var left = given.ToList();
        return
        [
            .. method
                .GetParameters()
                .Select(parameter =>
                {
                    if (!parameter.HasDefaultValue && left.Find(value => parameter.ParameterType.IsInstanceOfType(value)) is { } value)
                    {
                        left.Remove(value);
                        return value;
                    }

                    return parameter.HasDefaultValue ? parameter.DefaultValue : null;
                })
                .Select((value, i) => value ?? (method.GetParameters()[i].ParameterType == typeof(CancellationToken) ? CancellationToken.None : null)),
        ];
    }
}
