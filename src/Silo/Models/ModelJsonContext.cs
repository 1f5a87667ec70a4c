using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansOneShot.Silo.Models;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(ModelSource))]
[JsonSerializable(typeof(PartialMark))]
[JsonSerializable(typeof(StoredModel))]
internal sealed partial class ModelJsonContext : JsonSerializerContext;
