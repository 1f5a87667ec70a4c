using System.Text;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Compute;

namespace OrleansOneShot.Cli.Tests.Datasets;

/// <summary>A folder as DreamBooth's data set has it.</summary>
public sealed class DreamBoothFolderTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_Subfolders_AreSubjects_TheirFirstPhotoByNameIsTheOne()
    {
        Photo("dog6/01.jpg");
        Photo("dog6/00.jpg");
        Photo("dog6/notes.txt");
        Photo("vase/b.png");
        Photo("vase/mask.png");
        Photo("vase/a-mask.png");
        Photo("vase/a.png");
        Photo("readme.png");
        Photo(".git/a.png");

        var plan = Read();

        Assert.Empty(plan.Bad);
        Assert.Equal(["dog6", "vase"], plan.Items.Select(item => item.Id));
        Assert.Equal([_folder["dog6/00.jpg"], _folder["vase/a.png"]], plan.Items.Select(item => item.Image));
        Assert.Equal([null, _folder["vase/a-mask.png"]], plan.Items.Select(item => item.Objects[0].Mask));
        Assert.All(plan.Items, item => Assert.Null(item.Objects[0].Prompt));
    }

    [Fact]
    public void Read_ClassesOfTheFile_AreTaken_AndWhatElseStandsInItIsNot()
    {
        Photo("dog6/00.jpg");
        Photo("rc_car/00.jpg");
        _folder.Write(
            "prompts_and_classes.txt",
            Encoding.UTF8.GetBytes("Classes\n\nsubject_name,class\nrc_car,toy\n\nPrompts\nprompt_list = [\n'a {0} {1}'.format(unique_token, class_token),\n]\n")
        );

        var plan = Read();

        Assert.Equal(["dog", "toy"], plan.Items.Select(item => item.Classes[0]));
        Assert.Equal(["<dog>", "<toy>"], plan.Items.Select(item => item.Tokens[0]));
        Assert.Equal(
            "Taken for a dog, after its folder's name; a line \"dog6,CLASS\" in prompts_and_classes.txt says otherwise.",
            Assert.Single(plan.Items[0].Notes)
        );
        Assert.Empty(plan.Items[1].Notes);
    }

    [Theory]
    [InlineData("duck_toy", "duck toy")]
    [InlineData("dog6", "dog")]
    [InlineData("cat-2", "cat")]
    [InlineData("66", "66")]
    public void ClassOf_AFoldersName_IsTheWordInIt(string subject, string name) => Assert.Equal(name, DreamBoothFolder.ClassOf(subject));

    [Fact]
    public void Read_SubjectsThatCannotBe_AreNamed()
    {
        Photo("cat/00.jpg");
        Directory.CreateDirectory(_folder["empty"]);
        Photo("my dog/00.jpg");

        var plan = Read();

        Assert.Equal("cat", Assert.Single(plan.Items).Id);
        Assert.Equal(["subject empty", "subject my dog"], plan.Bad.Select(bad => bad.Place));
        Assert.Contains("has no photo", plan.Bad[0].Problem, StringComparison.Ordinal);
        Assert.Contains("id is 'my dog'", plan.Bad[1].Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none", "There is no folder")]
    [InlineData("bare", "has 0 subfolders")]
    public void Read_NoSuchFolder_IsRefused(string name, string sentence)
    {
        Directory.CreateDirectory(_folder["bare"]);

        var e = Assert.Throws<InvalidInputException>(() =>
            new DreamBoothFolder(_folder[name], new ItemCheck("toyworld-64", null), new ItemOptions()).Read(default)
        );

        Assert.Contains(sentence, e.Message, StringComparison.Ordinal);
    }

    private void Photo(string path) => _folder.Write(path, Pictures.Plain(8, 8, 9));

    private DatasetPlan Read() => new DreamBoothFolder(_folder.Root, new ItemCheck("toyworld-64", null), new ItemOptions()).Read(default);
}
