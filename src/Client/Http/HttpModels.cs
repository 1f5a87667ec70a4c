using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Models;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Http;

/// <summary>The models of a server. One that is sent goes in parts, of which only those are sent that are not there.</summary>
/// <param name="calls">The way to it.</param>
internal sealed class HttpModels(HttpCalls calls) : IOneShotModels
{
    private const string Path = "v1/models";

    // Parts may be collected while others are still sent, if somebody began a day ago; hardly twice.
    private const int MostRounds = 3;

    // How fast a server reads its store at the least: it puts the parts together and compares them before it answers.
    private const double StoreBytesPerSecond = 10e6;

    /// <inheritdoc/>
    public async Task<ImmutableArray<KnownModel>> ListAsync(CancellationToken cancellationToken = default) =>
        (await calls.CallAsync<KnownModelList>(() => HttpCalls.Get(Path), cancellationToken)).Items;

    /// <inheritdoc/>
    public Task<KnownModel> GetAsync(string name, CancellationToken cancellationToken = default) =>
        calls.CallAsync<KnownModel>(() => HttpCalls.Get(PathOf(name)), cancellationToken);

    /// <inheritdoc/>
    public async Task<SentModel> SendAsync(
        IModelSource model,
        string? name = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        var files = await ModelNaming.ListAsync(model, name, cancellationToken);
        var (published, _) = await ModelNaming.ChooseAsync(model, files, name, FindFilesAsync, cancellationToken);
        var upload = new ModelUpload { Name = published, Files = [.. files.Select(file => new JobFile(file.Path, file.Bytes, file.Sha256))] };
        ImmutableArray<SettingProblem> problems = [.. ModelUploadRules.Find(upload)];
        if (!problems.IsEmpty)
        {
            throw RequestProblems.Refuse(problems);
        }

        var meter = new TransferMeter(files.Sum(file => file.Bytes), progress);
        for (var round = 1; ; round++)
        {
            var status = await calls.CallAsync<ModelUploadStatus>(() => HttpCalls.Post(Path, upload), cancellationToken);
            await SendMissingAsync(model, files, status, meter, isFirst: round == 1, cancellationToken);
            try
            {
                await CompleteAsync(upload, cancellationToken);
                return new SentModel(published, files, meter.MovedBytes);
            }
            catch (OneShotException e) when (e.Code == ErrorCodes.BlobMissing && round < MostRounds)
            {
                // Gone since it was asked for: what is missing now is sent.
            }
        }
    }

    private static string PathOf(string name, string rest = "") => $"{Path}/{Uri.EscapeDataString(name)}{rest}";

    private static long BytesOf(MissingModelFile file, long offset, long partBytes) => Math.Min(partBytes, file.Bytes - offset);

    private async Task<IReadOnlyList<ModelFile>?> FindFilesAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var known = await GetAsync(name, cancellationToken);
            return known.Shared ? [.. known.Files.Select(file => new ModelFile(file.Path, file.Bytes, file.Sha256))] : null;
        }
        catch (OneShotException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task SendMissingAsync(
        IModelSource model,
        IReadOnlyList<ModelFile> files,
        ModelUploadStatus status,
        TransferMeter meter,
        bool isFirst,
        CancellationToken cancellationToken
    )
    {
        if (isFirst)
        {
            // Of files with the same bytes one is sent.
            var missing = status.Missing.Sum(file => file.Offsets.Sum(offset => BytesOf(file, offset, status.PartBytes)));
            meter.Found(files.Sum(file => file.Bytes) - missing);
        }

        foreach (var file in status.Missing)
        {
            var source = files.First(known => known.Sha256 == file.Sha256);
            await using var content = model.Open(source);
            if (content.Length != file.Bytes)
            {
                throw ModelTransfer.Changed(source.Path);
            }

            foreach (var offset in file.Offsets)
            {
                await SendPartAsync(status, file, offset, content, meter, cancellationToken);
            }
        }
    }

    private async Task SendPartAsync(
        ModelUploadStatus status,
        MissingModelFile file,
        long offset,
        Stream content,
        TransferMeter meter,
        CancellationToken cancellationToken
    )
    {
        var path = PathOf(status.Name, string.Create(CultureInfo.InvariantCulture, $"/parts/{file.Sha256}?offset={offset}"));
        var bytes = BytesOf(file, offset, status.PartBytes);
        await using var part = new MeteredStream(new StreamPart(content, offset, bytes), meter);
        using var _ = await calls.SendAsync(
            () =>
            {
                part.Position = 0;
                return new HttpRequestMessage(HttpMethod.Put, path) { Content = new UploadContent(part) };
            },
            cancellationToken
        );
    }

    private async Task CompleteAsync(ModelUpload upload, CancellationToken cancellationToken)
    {
        var patience = calls.Timeout + TimeSpan.FromSeconds(upload.Files.Sum(file => file.Bytes) / StoreBytesPerSecond);
        using var _ = await calls.SendAsync(() => HttpCalls.Post(PathOf(upload.Name, "/complete"), upload), cancellationToken, timeout: patience);
    }
}
