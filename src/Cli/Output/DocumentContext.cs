using System.Text.Json.Serialization;

namespace OrleansOneShot.Cli.Output;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CheckListDocument))]
[JsonSerializable(typeof(CollectionDocument))]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(EventDocument))]
[JsonSerializable(typeof(GenerationDocument))]
[JsonSerializable(typeof(JobDocument))]
[JsonSerializable(typeof(JobListDocument))]
[JsonSerializable(typeof(MaskDocument))]
[JsonSerializable(typeof(ModelDocument))]
[JsonSerializable(typeof(ModelListDocument))]
[JsonSerializable(typeof(PulledModelDocument))]
[JsonSerializable(typeof(PushedModelDocument))]
[JsonSerializable(typeof(QueueDocument))]
[JsonSerializable(typeof(RecoveryDocument))]
[JsonSerializable(typeof(SiloListDocument))]
[JsonSerializable(typeof(SlotListDocument))]
internal sealed partial class DocumentContext : JsonSerializerContext;
