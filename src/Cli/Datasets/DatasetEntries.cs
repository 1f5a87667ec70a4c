using System.Runtime.CompilerServices;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Client.Datasets;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>
/// Opens the pictures of items, one item after another: one that can't be used becomes an item that has failed, with the sentence that says why.
/// </summary>
/// <param name="model">The base model by its name on the server.</param>
/// <param name="noticed">Told of each item what was noticed; or null.</param>
internal sealed class DatasetEntries(ModelReference model, Action<DatasetItemPlan, IReadOnlyList<string>>? noticed)
{
    // As long as a run takes it.
    private const int LongestError = 400;
    private const string Mend = "Mend it, then run: oneshot dataset retry";

    /// <summary>Reads items.</summary>
    /// <param name="items">The items by their numbers in the run.</param>
    /// <param name="cancellationToken">Stops; also within the making of a mask.</param>
    /// <returns>Entries, in the same order. No more than one item's pictures are in memory.</returns>
    public async IAsyncEnumerable<DatasetEntry> ReadAsync(
        IEnumerable<KeyValuePair<int, DatasetItemPlan>> items,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        foreach (var (number, item) in items)
        {
            yield return await LoneWork.RunAsync(() => Read(number, item, cancellationToken), cancellationToken);
        }
    }

    private DatasetEntry Read(int number, DatasetItemPlan item, CancellationToken cancellationToken)
    {
        try
        {
            var photo = Photo.Read(item.Image, item.Objects, item.Tokens, cancellationToken);
            noticed?.Invoke(item, [.. item.Notes, .. photo.Warnings]);
            return new DatasetEntry(number, item.Id, ToImplantation(item, photo));
        }
        catch (InvalidInputException e)
        {
            return new DatasetEntry(number, item.Id, Error(e.Message, e.Field, e.Hint));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new DatasetEntry(number, item.Id, Error(e.Message, "image", null));
        }
    }

    private static ErrorDetail Error(string message, string? field, string? hint)
    {
        var line = new string([.. message.Select(c => char.IsControl(c) ? ' ' : c)]);
        return new ErrorDetail(ErrorCodes.InvalidInput, Wording.Cut(line, LongestError), field, hint is null ? $"{Mend}." : $"{hint} {Mend}.");
    }

    private Implantation ToImplantation(DatasetItemPlan item, Photo photo) =>
        new(InputFile.At(item.Image))
        {
            Objects =
            [
                .. item.Classes.Select(
                    (name, i) =>
                        new ImplantationObject(
                            name,
                            // What lies in a file is read again when it is sent, so that no picture stays in memory until then.
                            photo.ArePlain[i]
                                ? InputFile.At(item.Objects[i].Mask!)
                                : InputFile.Of(photo.Masks[i], $"of {item.Tokens[i]}"),
                            item.Tokens[i]
                        )
                ),
            ],
            Model = model.Name,
            Clip = model.Clip,
            Name = item.Id,
            Seed = item.Options.Seed,
            Metadata = item.Metadata,
            Method = item.Options.Method,
            Training = item.Options.Training,
            Samples = item.Options.Samples,
        };
}
