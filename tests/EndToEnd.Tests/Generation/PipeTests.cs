using System.Diagnostics;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Generation;

/// <summary>Pictures that come through pipes.</summary>
public sealed class PipeTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Implant_PhotoAndMaskThroughPipes_Succeeds()
    {
        await using var process = OneShotProcess.StartIn(
            ["sh", "-c", $"cat '{Repository.Sample("cat-mask.png")}' | \"$@\""],
            [
                "implant",
                "--image",
                Repository.Sample("cat.png"),
                "--mask",
                "/dev/stdin",
                "--class",
                "köttchen",
                "--prompt",
                "a <köttchen>",
                "--steps",
                "1",
                "--samples",
                "1",
                "--no-prototype",
                "--no-class-loss",
                "--precision",
                "fp32",
                "--data",
                _folder.Data,
                "--out",
                _folder.Out,
            ]
        );

        var ended = (await process.EndAsync()).Expect(0);

        Assert.Contains("The identifier of köttchen is <koettchen>", ended.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder.Out, "learned_embeds", "oneshot-koettchen.safetensors")));
        Assert.True(File.Exists(Path.Combine(_folder.Out, "samples", "01-a-koettchen-0.png")));
    }

    [Theory]
    [InlineData("mask", "--image")]
    [InlineData("implant", "--mask")]
    public async Task Command_WaitsForAPipe_EndsWhenItIsAskedTo(string command, string option)
    {
        var pipe = _folder["pipe"];
        using (var make = Process.Start("mkfifo", [pipe]))
        {
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        string[] rest =
            command == "mask"
                ? ["--box", "1,1,5,5", "--out", _folder["m.png"]]
                : ["--image", Repository.Sample("cat.png"), "--class", "cat", "--out", _folder.Out];
        await using var process = OneShotProcess.Start([command, option, pipe, .. rest, "--data", _folder.Data]);

        // Opens once the program has opened the other end; then it waits for what is never written.
        await using var writer = await Task.Run(
            () => new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite),
            TestContext.Current.CancellationToken
        );
        await process.TerminateAsync();

        Assert.EndsWith($"Interrupted.{Environment.NewLine}", (await process.EndAsync()).Expect(130).Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
