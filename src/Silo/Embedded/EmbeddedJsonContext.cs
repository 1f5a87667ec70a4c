using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansOneShot.Silo.Embedded;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(OwnerRecord))]
internal sealed partial class EmbeddedJsonContext : JsonSerializerContext;
