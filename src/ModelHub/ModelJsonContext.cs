using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansOneShot.ModelHub;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(ModelSource))]
[JsonSerializable(typeof(PartialMark))]
internal sealed partial class ModelJsonContext : JsonSerializerContext;
