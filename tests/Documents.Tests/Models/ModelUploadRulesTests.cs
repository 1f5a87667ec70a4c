using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Models;

namespace OrleansOneShot.Documents.Tests.Models;

public sealed class ModelUploadRulesTests
{
    private static readonly string s_hash = new('a', 64);

    [Fact]
    public void Find_AModel_HasNoProblem() =>
        Assert.Empty(ModelUploadRules.Find(Upload("model_index.json", "unet/weights.fp16.safetensors", "tokenizer/merges.txt")));

    [Theory]
    [InlineData("unet/weights.bin")]
    [InlineData("weights.ckpt")]
    [InlineData("weights.pt")]
    [InlineData("weights.pkl")]
    [InlineData("modeling.py")]
    [InlineData("weights.SAFETENSORS")]
    [InlineData("../model_index.json")]
    [InlineData("/etc/passwd.txt")]
    [InlineData("unet//config.json")]
    [InlineData("unet\\config.json")]
    [InlineData(".hidden.json")]
    [InlineData("")]
    [InlineData("Model_Index.json")]
    public void Find_AFileThatCantBeOne_NamesIt(string path) =>
        Assert.Equal("files[1].path", Assert.Single(ModelUploadRules.Find(Upload("model_index.json", path))).Field);

    [Fact]
    public void Find_AllThatIsWrong_IsNamedAtOnce()
    {
        var upload = new ModelUpload { Name = "a/b", Files = [new JobFile("unet/config.json", -1, "x")] };

        Assert.Equal(["name", "files[0].bytes", "files[0].sha256", "files"], ModelUploadRules.Find(upload).Select(problem => problem.Field));
        Assert.Equal("files", Assert.Single(ModelUploadRules.Find(upload with { Name = "a", Files = [] })).Field);
        Assert.Equal("name", Assert.Single(ModelUploadRules.Find(Upload("config.json") with { Name = "a." })).Field);
    }

    private static ModelUpload Upload(params string[] paths) => new() { Name = "small", Files = [.. paths.Select(path => new JobFile(path, 1, s_hash))] };
}
