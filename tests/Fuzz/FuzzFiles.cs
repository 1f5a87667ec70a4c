using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace OrleansOneShot.Fuzz;

/// <summary>The files of a run: what is read right now, what was found.</summary>
/// <param name="folder">An existing folder.</param>
internal sealed class FuzzFiles(string folder)
{
    private const int MostOfABucket = 2;
    private const string Finished = "finished";
    private readonly Dictionary<string, int> _buckets = [];

    /// <summary>The counts.</summary>
    public string Tally => Path.Combine(folder, "tally.bin");

    private string CurrentInput => Path.Combine(folder, "current.bin");

    private string CurrentIndex => Path.Combine(folder, "current.txt");

    /// <summary>Where a kind and bucket end: the type and the first place of the program.</summary>
    public static string BucketOf(Exception error)
    {
        var cause = error is TargetInvocationException { InnerException: { } inner } ? inner : error;
        var frame = new StackTrace(cause, fNeedFileInfo: false)
            .GetFrames()
            .FirstOrDefault(one =>
                one.GetMethod()?.DeclaringType is { } type
                && type.Assembly != typeof(FuzzFiles).Assembly
                && type.FullName?.StartsWith("OrleansOneShot", StringComparison.Ordinal) == true
            );
        return $"{cause.GetType().Name}-{frame?.GetMethod()?.DeclaringType?.Name}.{frame?.GetMethod()?.Name}";
    }

    /// <summary>Notes an input before it is read.</summary>
    public void Begin(long index, byte[] bytes)
    {
        File.WriteAllBytes(CurrentInput, bytes);
        File.WriteAllText(CurrentIndex, index.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Notes that all is done.</summary>
    public void Finish() => File.WriteAllText(CurrentIndex, Finished);

    /// <summary>The number of the input that is read right now; -1 before the first; null when all is done.</summary>
    public long? Current()
    {
        try
        {
            var text = File.ReadAllText(CurrentIndex);
            return text == Finished ? null
                : long.TryParse(text, CultureInfo.InvariantCulture, out var index) ? index
                : -1;
        }
        catch (FileNotFoundException)
        {
            return -1;
        }
    }

    /// <summary>Keeps the input that was read when the process ended.</summary>
    public void SaveCurrent(string kind, long index, string bucket, string text) =>
        Save(kind, index, bucket, File.Exists(CurrentInput) ? File.ReadAllBytes(CurrentInput) : [], text);

    /// <summary>Keeps an input that showed a fault, and says so; of one fault a few.</summary>
    public void Save(string kind, long index, string bucket, byte[] bytes, string text)
    {
        var count = _buckets[$"{kind} {bucket}"] = _buckets.GetValueOrDefault($"{kind} {bucket}") + 1;
        if (count > MostOfABucket)
        {
            return;
        }

        var name = new string([
            .. string.Create(CultureInfo.InvariantCulture, $"{kind}-{bucket}-{index}").Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '_'),
        ]);
        var path = Path.Combine(folder, name.Length > 120 ? name[..120] : name) + ".bin";
        File.WriteAllBytes(path, bytes);
        File.WriteAllText(path + ".txt", text);
        Console.WriteLine($"found: {kind} {index}: {bucket}: {text.Split('\n')[0]}");
        Console.WriteLine($"  again with: dotnet run -c Release --project tests/Fuzz -- --replay {kind} {path}");
    }
}
