namespace OrleansOneShot.Fuzz.Readers;

/// <summary>Every reader of the program, each made when it is first needed.</summary>
internal static class AllReaders
{
    /// <summary>The kinds, in an order that is part of what a seed means.</summary>
    public static IReadOnlyList<(string Kind, Func<Folders, Reader> Create)> Kinds { get; } =
    [.. TensorReaders.Kinds, .. ModelReaders.Kinds, .. PictureReaders.Kinds, .. JobReaders.Kinds];

    /// <summary>The reader of a kind.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Reader Create(string kind, Folders folders) =>
        Kinds.FirstOrDefault(known => known.Kind == kind) is { Create: not null } found
            ? found.Create(folders)
            : throw new ArgumentException($"There is no kind {kind}; there are {string.Join(", ", Kinds.Select(known => known.Kind))}.", nameof(kind));

    /// <summary>Has a reader that takes a path read bytes.</summary>
    public static Action<byte[]> OnFile(string path, Action<string> read) =>
        bytes =>
        {
            File.WriteAllBytes(path, bytes);
            read(path);
        };
}
