namespace OrleansOneShot.Common;

/// <summary>
/// JSON from outside that can't be used. The message is a clause about the document, such as <c>names weight_map.a twice</c>: whoever knows the document's name
/// puts it in front. It never names a type of this program.
/// </summary>
public sealed class UnusableJsonException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="problem">What is wrong, as a clause without a full stop.</param>
    /// <param name="field">Path of the member at fault, such as <c>files[2].bytes</c>; null when the whole document is.</param>
    /// <param name="inner">The cause.</param>
    public UnusableJsonException(string problem, string? field = null, Exception? inner = null)
        : base(problem, inner) => Field = field;

    /// <summary>Path of the member at fault.</summary>
    public string? Field { get; }
}
