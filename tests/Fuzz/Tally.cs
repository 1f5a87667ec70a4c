using System.IO.MemoryMappedFiles;

namespace OrleansOneShot.Fuzz;

/// <summary>Counts by kind, in a file that outlives the process that counts.</summary>
internal sealed class Tally : IDisposable
{
    private const int Columns = 4;
    private readonly IReadOnlyList<string> _kinds;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    /// <summary>Opens or makes the file.</summary>
    public Tally(string path, IReadOnlyList<string> kinds)
    {
        _kinds = kinds;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, kinds.Count * Columns * sizeof(long));
        _view = _file.CreateViewAccessor();
    }

    /// <summary>Counts an input.</summary>
    public void Count(string kind, bool past, Outcome outcome)
    {
        Add(kind, (int)outcome);
        if (past)
        {
            Add(kind, Columns - 1);
        }
    }

    /// <summary>The counts of a kind.</summary>
    public (long Taken, long Refused, long Found, long Past) Of(string kind) => (Read(kind, 0), Read(kind, 1), Read(kind, 2), Read(kind, 3));

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private void Add(string kind, int column) => _view.Write(At(kind, column), Read(kind, column) + 1);

    private long Read(string kind, int column) => _view.ReadInt64(At(kind, column));

    private long At(string kind, int column) => ((_kinds.ToList().IndexOf(kind) * Columns) + column) * sizeof(long);
}
