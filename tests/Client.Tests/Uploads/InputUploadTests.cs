using System.Security.Cryptography;
using OrleansOneShot.Client.Tests.Support;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Client.Tests.Uploads;

/// <summary>What a job gets lies in the store under its hash before the job is submitted, and is sent once.</summary>
public sealed class InputUploadTests : IDisposable
{
    private static readonly byte[] s_image = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
    private static readonly byte[] s_mask = [1, 2, 3];
    private static readonly byte[] s_other = [4, 5];

    private readonly TestFolder _folder = new();
    private readonly SlowStore _store;

    public InputUploadTests() => _store = new SlowStore(new FileArtifactStore(_folder["store"]));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_FileAndBytes_LieUnderTheirHashesWhichTheRequestNames()
    {
        var path = _folder["photo.jpg"];
        await File.WriteAllBytesAsync(path, s_image, Stop);

        var request = await new InputUpload(_store).RunAsync(
            Request(2),
            InputFile.At(path),
            [InputFile.Of(s_mask, "one"), InputFile.Of(s_other, "two")],
            cancellationToken: Stop
        );

        Assert.Equal(HashOf(s_image), request.Image);
        Assert.Equal([HashOf(s_mask), HashOf(s_other)], request.Objects.Select(item => item.Mask));
        var reader = new VerifiedReader(_store);
        Assert.Equal(s_image, await reader.ReadInputAsync(request.Image, 1000, Stop));
        Assert.Equal(s_other, await reader.ReadInputAsync(request.Objects[1].Mask!, 1000, Stop));
    }

    [Fact]
    public async Task RunAsync_WhatIsThere_IsNotSentAgainAndCountsAsDone()
    {
        await UploadAsync();
        var told = new Told();
        _store.Writes.Clear();

        await UploadAsync(told);

        Assert.Empty(_store.Writes);
        Assert.Equal((1003, 1003, 0), (told.All[^1].Bytes, told.All[^1].Total, told.All[^1].Moved));
    }

    [Fact]
    public async Task RunAsync_WhatIsThereIsDamaged_IsReplaced()
    {
        var request = await UploadAsync();
        await File.WriteAllBytesAsync(Path.Combine(_folder["store"], StorePaths.Blob(request.Image)), new byte[1000], Stop);
        _store.Writes.Clear();

        await UploadAsync();

        Assert.Equal([StorePaths.Blob(request.Image)], _store.Writes);
        Assert.Equal(s_image, await new VerifiedReader(_store).ReadInputAsync(request.Image, 1000, Stop));
    }

    [Fact]
    public async Task RunAsync_Progress_EndsWithAllBytes()
    {
        var told = new Told();

        await UploadAsync(told);

        Assert.Equal((1003, 1003, 1003), (told.All[^1].Bytes, told.All[^1].Total, told.All[^1].Moved));
    }

    [Theory]
    [InlineData(1000, null)]
    [InlineData(999, "image")]
    [InlineData(2, "mask")]
    public async Task RunAsync_AFileAboveTheLimit_IsRefusedBeforeAnythingIsSent(long most, string? refused)
    {
        var upload = new InputUpload(_store) { MostBytes = most };

        var error = await Record.ExceptionAsync(() =>
            upload.RunAsync(Request(1), InputFile.Of(s_image, "x.png"), [InputFile.Of(s_mask, "x.png")], cancellationToken: Stop)
        );

        Assert.Equal(refused, (error as OneShotException)?.Detail.Field);
        Assert.Equal(refused is null, !_store.Writes.IsEmpty);
    }

    [Fact]
    public async Task RunAsync_AFileThatIsNotThere_IsNamed()
    {
        var error = await Assert.ThrowsAsync<FileNotFoundException>(() =>
            new InputUpload(_store).RunAsync(Request(1), InputFile.At(_folder["none.jpg"]), [InputFile.Of(s_mask, "m")], cancellationToken: Stop)
        );

        Assert.Contains("none.jpg", error.Message, StringComparison.Ordinal);
        Assert.Empty(_store.Writes);
    }

    [Fact]
    public async Task RunAsync_TheTargetGetsOtherBytes_IsAConflict()
    {
        var error = await Assert.ThrowsAsync<OneShotException>(() =>
            new InputUpload(new ChangingTarget()).RunAsync(Request(1), InputFile.Of(s_image, "x.png"), [InputFile.Of(s_mask, "m.png")], cancellationToken: Stop)
        );

        Assert.Equal((ErrorCodes.Conflict, "mask"), (error.Detail.Code, error.Detail.Field));
    }

    public void Dispose() => _folder.Dispose();

    private Task<ImplantationRequest> UploadAsync(Told? told = null) =>
        new InputUpload(_store).RunAsync(Request(1), InputFile.Of(s_image, "x.png"), [InputFile.Of(s_mask, "m.png")], told, Stop);

    private static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static ImplantationRequest Request(int objects) =>
        new()
        {
            Name = "cat",
            Image = "",
            Objects =
            [
                .. Enumerable
                    .Range(0, objects)
                    .Select(i => new ObjectSpec
                    {
                        Class = "cat",
                        Token = $"<cat{i}>",
                        Mask = "",
                    }),
            ],
            Model = new ModelReference { Name = "toyworld-64" },
        };

    private sealed class ChangingTarget : IBlobTarget
    {
        public Task<bool> HasAsync(string sha256, long bytes, CancellationToken cancellationToken = default) => Task.FromResult(false);

        public Task<bool> KeepAsync(string sha256, CancellationToken cancellationToken = default) => Task.FromResult(false);

        public Task<bool> PutAsync(string sha256, Stream content, CancellationToken cancellationToken = default) => Task.FromResult(false);
    }
}
