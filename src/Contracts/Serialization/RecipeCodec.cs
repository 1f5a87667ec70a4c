using System.Buffers;
using System.Reflection;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.WireProtocol;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Contracts.Serialization;

/// <summary>
/// Writes a record of settings field by field, by the numbers that its properties have, as a generated serializer does: what users can set knows nothing of
/// Orleans, and a new setting travels without a line here. Fields that a reader doesn't know are passed over; those that a writer didn't know keep their
/// defaults.
/// </summary>
/// <typeparam name="T">The record.</typeparam>
internal abstract class RecipeCodec<T> : IFieldCodec<T>
    where T : class, new()
{
    private readonly Member[] _members;

    /// <summary>Creates it.</summary>
    /// <param name="codecs">Codecs of the properties' types.</param>
    protected RecipeCodec(ICodecProvider codecs) =>
        _members = [
            .. Setting
                .Of(typeof(T))
                .Select(setting => new Member(
                    (uint)setting.Property.GetCustomAttribute<FieldNumberAttribute>()!.Number,
                    setting.Property,
                    new Lazy<IFieldCodec>(() => codecs.GetCodec(setting.Property.PropertyType))
                ))
                .OrderBy(member => member.Number),
        ];

    /// <inheritdoc/>
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, T? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
        {
            return;
        }

        writer.WriteStartObject(fieldIdDelta, expectedType, typeof(T));
        // As generated serializers of records do, whose base has no fields.
        writer.WriteEndBase();
        var last = 0u;
        foreach (var member in _members)
        {
            member.Codec.Value.WriteField(ref writer, member.Number - last, member.Property.PropertyType, member.Property.GetValue(value));
            last = member.Number;
        }

        writer.WriteEndObject();
    }

    /// <inheritdoc/>
    public T ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.IsReference)
        {
            return ReferenceCodec.ReadReference<T, TInput>(ref reader, field)!;
        }

        field.EnsureWireTypeTagDelimited();
        var result = new T();
        ReferenceCodec.RecordObject(reader.Session, result);
        var number = 0u;
        while (reader.ReadFieldHeader() is { IsEndObject: false } header)
        {
            if (header.IsEndBaseFields)
            {
                number = 0;
                continue;
            }

            number += header.FieldIdDelta;
            if (Array.Find(_members, member => member.Number == number) is { } member)
            {
                member.Property.SetValue(result, member.Codec.Value.ReadValue(ref reader, header));
            }
            else
            {
                reader.ConsumeUnknownField(header);
            }
        }

        return result;
    }

    private sealed record Member(uint Number, PropertyInfo Property, Lazy<IFieldCodec> Codec);
}

[RegisterSerializer]
internal sealed class MethodOptionsCodec(ICodecProvider codecs) : RecipeCodec<MethodOptions>(codecs);

[RegisterSerializer]
internal sealed class TrainingOptionsCodec(ICodecProvider codecs) : RecipeCodec<TrainingOptions>(codecs);

[RegisterSerializer]
internal sealed class SampleOptionsCodec(ICodecProvider codecs) : RecipeCodec<SampleOptions>(codecs);

[RegisterSerializer]
internal sealed class FanOutOptionsCodec(ICodecProvider codecs) : RecipeCodec<FanOutOptions>(codecs);

// They can't be changed, so nobody needs a copy.
[RegisterCopier]
internal sealed class MethodOptionsCopier : ShallowCopier<MethodOptions>;

[RegisterCopier]
internal sealed class TrainingOptionsCopier : ShallowCopier<TrainingOptions>;

[RegisterCopier]
internal sealed class SampleOptionsCopier : ShallowCopier<SampleOptions>;

[RegisterCopier]
internal sealed class FanOutOptionsCopier : ShallowCopier<FanOutOptions>;
