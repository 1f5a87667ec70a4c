using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>What an item trains and draws with, in the shape of request.json.</summary>
internal sealed record ItemOptions
{
    /// <summary>Options of the method.</summary>
    public MethodOptions Method { get; init; } = new();

    /// <summary>Options of the training.</summary>
    public TrainingOptions Training { get; init; } = new();

    /// <summary>The pictures to draw.</summary>
    public SampleOptions Samples { get; init; } = new();

    /// <summary>Seed of everything random.</summary>
    public long Seed { get; init; }

    /// <summary>These options, with those that an item gives itself in their places.</summary>
    /// <param name="own">What the item gives, an object; fields that it leaves out stay.</param>
    /// <returns>The options.</returns>
    /// <exception cref="UnusableJsonException">A value is of the wrong type.</exception>
    public ItemOptions With(JsonElement own)
    {
        var merged = JsonSerializer.SerializeToNode(this, DocumentJson.Options)!.AsObject();
        Merge(merged, JsonObject.Create(own) ?? []);
        return StrictJson.Read<ItemOptions>(JsonSerializer.SerializeToElement(merged), DocumentJson.Options);
    }

    private static void Merge(JsonObject into, JsonObject own)
    {
        foreach (var (name, value) in own)
        {
            if (value is JsonObject more && into[name] is JsonObject known)
            {
                Merge(known, more);
            }
            else
            {
                into[name] = value?.DeepClone();
            }
        }
    }
}
