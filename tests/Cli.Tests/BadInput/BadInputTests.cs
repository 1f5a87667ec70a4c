using OrleansOneShot.Cli.Tests.Support;

namespace OrleansOneShot.Cli.Tests.BadInput;

public sealed class BadInputTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public static TheoryData<string> ImplantCases => new(BadInputCases.Implant.Select(item => item.Name));

    public static TheoryData<string> MaskCases => new(BadInputCases.Mask.Select(item => item.Name));

    public static TheoryData<string> GenerateCases => new(BadInputCases.Generate.Select(item => item.Name));

    [Theory]
    [MemberData(nameof(ImplantCases))]
    public Task Implant_BadInput_EndsWith2AndASentence(string name) => EndsWith2Async(BadInputCases.Implant.Single(item => item.Name == name));

    [Theory]
    [MemberData(nameof(GenerateCases))]
    public Task Generate_BadInput_EndsWith2AndASentence(string name) => EndsWith2Async(BadInputCases.Generate.Single(item => item.Name == name));

    [Theory]
    [MemberData(nameof(MaskCases))]
    public Task Mask_BadInput_EndsWith2AndASentence(string name) => EndsWith2Async(BadInputCases.Mask.Single(item => item.Name == name));

    public void Dispose() => _folder.Dispose();

    private async Task EndsWith2Async(BadInputCase item)
    {
        var run = await CliRun.RunAsync([.. item.Arguments(_folder), "--data", _folder["data"], "--format", "json"]);

        TestContext.Current.TestOutputHelper?.WriteLine(run.Error);
        Assert.Equal(2, run.ExitCode);
        var error = run.Document["error"]!;
        Assert.Equal("invalid_input", error["code"]!.GetValue<string>());
        var message = error["message"]!.GetValue<string>();
        Assert.All(item.Says, part => Assert.Contains(part, message, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain('\n', message);
        Assert.DoesNotContain("Exception", message, StringComparison.Ordinal);
        Assert.StartsWith(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Output.TrimEnd().Split('\n'));
        if (item.Field is not null)
        {
            Assert.Equal(item.Field, error["field"]?.GetValue<string>());
        }

        Assert.False(Directory.Exists(_folder["out"]), "The output folder was created.");
        Assert.False(Directory.Exists(_folder["data"]), "The data folder was created.");
    }
}
