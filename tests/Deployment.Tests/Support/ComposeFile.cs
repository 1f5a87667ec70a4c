using YamlDotNet.Serialization;

namespace OrleansOneShot.Deployment.Tests.Support;

/// <summary>compose.yaml, as plain maps and lists; aliases and merges are resolved.</summary>
internal sealed class ComposeFile
{
    private readonly Dictionary<object, object> _document;

    private ComposeFile(Dictionary<object, object> document) => _document = document;

    /// <summary>Reads the repository's.</summary>
    public static ComposeFile Read()
    {
        var parser = new YamlDotNet.Core.MergingParser(new YamlDotNet.Core.Parser(new StringReader(File.ReadAllText(Repository.PathOf("compose.yaml")))));
        return new ComposeFile(new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(parser)!);
    }

    /// <summary>Names of the services.</summary>
    public IEnumerable<string> Services => Map(_document["services"]).Keys.Select(name => (string)name);

    /// <summary>A service.</summary>
    /// <param name="name">Its name.</param>
    public Dictionary<object, object> Service(string name) => Map(Map(_document["services"])[name]);

    /// <summary>Names of the volumes that it makes.</summary>
    public IEnumerable<string> Volumes => Map(_document["volumes"]).Keys.Select(name => (string)name);

    /// <summary>A list of texts of a service; empty if it has none.</summary>
    /// <param name="name">The service.</param>
    /// <param name="field">The field.</param>
    public IReadOnlyList<string> Texts(string name, string field) =>
        Service(name).TryGetValue(field, out var value) ? [.. ((List<object>)value).Select(item => (string)item)] : [];

    /// <summary>A map of texts of a service; empty if it has none.</summary>
    /// <param name="name">The service.</param>
    /// <param name="field">The field.</param>
    public IReadOnlyDictionary<string, string> Map(string name, string field) =>
        Service(name).TryGetValue(field, out var value)
            ? Map(value).ToDictionary(one => (string)one.Key, one => (string)one.Value)
            : new Dictionary<string, string>();

    /// <summary>A value as a map.</summary>
    /// <param name="value">The value.</param>
    public static Dictionary<object, object> Map(object value) => (Dictionary<object, object>)value;
}
