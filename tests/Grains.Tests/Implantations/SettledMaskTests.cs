using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Implantations;

/// <summary>What a job with boxes believes of the masks that were made of them.</summary>
public sealed class SettledMaskTests
{
    private static readonly SettledRun s_settled = new(new string('e', 64), Precision.Bf16, "as measured");

    [Theory]
    [InlineData(null, false)]
    [InlineData("b:7", false)]
    [InlineData("b:7 c:8", true)]
    [InlineData("c:7 c:8", false)]
    [InlineData("b:7 c:0", false)]
    [InlineData("b:7 c", false)]
    [InlineData("b:7 c:8 d:9", false)]
    [InlineData("b:7 z:8", false)]
    public async Task Commit_JobWithABox_SettlesAMaskForEachObject(string? masks, bool taken)
    {
        await using var world = new TestWorld();
        var given = TestWorld.Request().Objects[0];
        var boxed = given with { Token = "<two>", Mask = null, Box = [1, 2, 30, 40] };
        await world.StartAsync();
        var gate = world.Engine.GateAt("j1", 1, "prepare");
        await world.Job("j1").Submit(TestWorld.Request(steps: 50) with { Objects = [given, boxed] });
        await gate.Reached;
        var ten = new CheckpointReference(1, 10, StorePaths.Checkpoint("j1", 1, 10), 7, new string('a', 64));
        var settled = s_settled with { Masks = masks is null ? null : string.Join(' ', masks.Split(' ').Select(Spelt)) };

        var error = await Record.ExceptionAsync(() => world.Trained("j1").CommitCheckpoint(1, ten, settled));

        Assert.Equal(taken ? null : ErrorCodes.InvalidInput, (error as OneShotException)?.Detail.Code);
        Assert.Equal(taken ? settled : null, (await world.StateAsync("j1")).Settled);

        static string Spelt(string mask) => new string(mask[0], 64) + mask[1..];
    }

    [Fact]
    public void ToText_Masks_AreReadBack()
    {
        MaskReference[] masks = [new("a", 1), new("b", long.MaxValue)];
        Assert.Equal("a:1 b:9223372036854775807", MaskReference.ToText(masks));
        Assert.Equal(masks, MaskReference.ParseAll(MaskReference.ToText(masks))!.Value);
        Assert.All(new[] { null, "", "a", "a:", "a:x", "a:-1", "a:1 ", "a:1:2" }, text => Assert.Null(MaskReference.ParseAll(text)));
    }
}
