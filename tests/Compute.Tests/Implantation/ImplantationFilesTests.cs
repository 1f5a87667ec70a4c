using OrleansOneShot.Compute.Implantation;

namespace OrleansOneShot.Compute.Tests.Implantation;

public sealed class ImplantationFilesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-files-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("""{"objects":[{"class":"fox","token":"<fox>"},{"class":"teddy bear","token":"<ted>"}]}""", "<fox>=fox <ted>=teddy bear")]
    [InlineData("""{"objects":[{"class":"fox","token":"<fox>"},{"class":"cat","token":"<FOX>"}]}""", "<fox>=fox")]
    [InlineData("""{"objects":[{"token":"<fox>"}]}""", "")]
    [InlineData("""{"objects":"<fox>"}""", "")]
    [InlineData("nothing", "")]
    [InlineData(null, "")]
    public void ReadClasses_Request_GivesClassNamesByIdentifierOrNone(string? request, string expected)
    {
        var path = Path.Combine(_folder.FullName, "request.json");
        if (request is not null)
        {
            File.WriteAllText(path, request);
        }

        var files = new ImplantationFiles(null, [], path);
        Assert.Equal(expected, string.Join(' ', files.ReadClasses().Select(pair => $"{pair.Key}={pair.Value}")));
    }
}
