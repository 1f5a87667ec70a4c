using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Models;

namespace OrleansOneShot.Documents.Tests.Models;

public sealed class NewModelRulesTests
{
    private static readonly JobFile s_file = new("model_index.json", 5, new string('a', 64));

    [Fact]
    public void Find_AnUploadOrAPull_HasNoProblem()
    {
        Assert.Empty(NewModelRules.Find(new NewModel { Name = "mine", Files = [s_file] }));
        Assert.Empty(NewModelRules.Find(new NewModel { Repository = "toys/tiny" }));
        Assert.Empty(
            NewModelRules.Find(
                new NewModel
                {
                    Repository = "toys/tiny",
                    Name = "mine",
                    Revision = "v1",
                    Fp16 = true,
                }
            )
        );
    }

    [Fact]
    public void Find_BothOrNeither_IsRefused()
    {
        Assert.Equal(["files"], FieldsOf(new NewModel { Repository = "toys/tiny", Files = [s_file] }));
        Assert.Equal(["name", "files"], FieldsOf(new NewModel()));
        Assert.Equal(
            ["repository"],
            FieldsOf(
                new NewModel
                {
                    Name = "mine",
                    Files = [s_file],
                    Revision = "v1",
                }
            )
        );
        Assert.Equal(["name"], FieldsOf(new NewModel { Repository = "toys/tiny", Name = "../x" }));
        Assert.Equal(["repository"], FieldsOf(new NewModel { Repository = "toys/" }));
        Assert.Equal(["repository"], FieldsOf(new NewModel { Repository = "" }));
    }

    [Theory]
    [InlineData("toys/tiny", null, "tiny")]
    [InlineData("tiny", null, "tiny")]
    [InlineData("toys/tiny", "mine", "mine")]
    [InlineData("toys/", null, "")]
    public void NameOf_APull_IsItsOwnOrTheRepositorys(string repository, string? name, string expected) =>
        Assert.Equal(expected, NewModelRules.NameOf(new NewModel { Repository = repository, Name = name }));

    private static IEnumerable<string> FieldsOf(NewModel model) => NewModelRules.Find(model).Select(problem => problem.Field);
}
