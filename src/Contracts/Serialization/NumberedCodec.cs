using System.Buffers;
using System.Reflection;
using System.Runtime.CompilerServices;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.WireProtocol;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Contracts.Serialization;

/// <summary>
/// Writes a record field by field, by the numbers that its properties have (<see cref="FieldNumberAttribute"/>), as a generated serializer does: what users can
/// set and what they are told know nothing of Orleans, and a new field travels without a line here. Fields that a reader doesn't know are passed over; those
/// that a writer didn't know keep their defaults.
/// </summary>
/// <typeparam name="T">The record.</typeparam>
internal abstract class NumberedCodec<T> : IFieldCodec<T>
    where T : class
{
    // A record whose fields are its constructor's parameters has no constructor without: all its fields come from the wire.
    private static readonly ConstructorInfo? s_constructor = typeof(T).GetConstructor(Type.EmptyTypes);

    private readonly Member[] _members;

    /// <summary>Creates it.</summary>
    /// <param name="codecs">Codecs of the properties' types.</param>
    protected NumberedCodec(ICodecProvider codecs) =>
        _members = [
            .. typeof(T)
                .GetProperties()
                .Select(property => (Property: property, property.GetCustomAttribute<FieldNumberAttribute>()?.Number))
                .Where(member => member.Number is not null)
                .Select(member => new Member((uint)member.Number!, member.Property, new Lazy<IFieldCodec>(() => codecs.GetCodec(member.Property.PropertyType))))
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
        var result = (T)(s_constructor?.Invoke(null) ?? RuntimeHelpers.GetUninitializedObject(typeof(T)));
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
