using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace OrleansOneShot.Architecture.Tests;

/// <summary>
/// Which top folder of an assembly uses which other: by base types and interfaces, by fields and signatures, and by what methods call, make or look at.
/// </summary>
internal sealed class TypeUses : ISignatureTypeProvider<ImmutableArray<EntityHandle>, object?>
{
    private static readonly Dictionary<int, OperandType> s_operands = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value & 0xFFFF, code => code.OperandType);

    private readonly PEReader _pe;
    private readonly MetadataReader _metadata;
    private readonly string _root;
    private readonly SortedDictionary<(string From, string To), string> _uses = [];
    private readonly SortedDictionary<(string Folder, string Assembly), string> _outside = [];

    private TypeUses(PEReader pe, MetadataReader metadata, string root)
    {
        _pe = pe;
        _metadata = metadata;
        _root = root;
    }

    /// <summary>Reads an assembly.</summary>
    /// <param name="pe">Its file.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <param name="root">The namespace below which folders are.</param>
    /// <returns>
    /// For each pair of folders that differ: an example, "Type uses Type". For each folder and each other assembly that it uses: the same.
    /// </returns>
    public static (IReadOnlyDictionary<(string From, string To), string> Folders, IReadOnlyDictionary<(string Folder, string Assembly), string> Outside) Read(
        PEReader pe,
        MetadataReader metadata,
        string root
    )
    {
        var uses = new TypeUses(pe, metadata, root);
        foreach (var handle in metadata.TypeDefinitions)
        {
            uses.Read(handle);
        }

        return (uses._uses, uses._outside);
    }

    private void Read(TypeDefinitionHandle from)
    {
        var type = _metadata.GetTypeDefinition(from);
        Use(from, type.BaseType);
        foreach (var handle in type.GetInterfaceImplementations())
        {
            Use(from, _metadata.GetInterfaceImplementation(handle).Interface);
        }

        foreach (var handle in type.GetFields())
        {
            Use(from, _metadata.GetFieldDefinition(handle).DecodeSignature(this, null));
        }

        foreach (var handle in type.GetMethods())
        {
            var method = _metadata.GetMethodDefinition(handle);
            Use(from, All(method.DecodeSignature(this, null)));
            if (method.RelativeVirtualAddress != 0)
            {
                var body = _pe.GetMethodBody(method.RelativeVirtualAddress);
                if (!body.LocalSignature.IsNil)
                {
                    Use(from, All(_metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(this, null)));
                }

                ReadCode(from, body.GetILReader());
            }
        }
    }

    private void ReadCode(TypeDefinitionHandle from, BlobReader code)
    {
        while (code.RemainingBytes > 0)
        {
            int value = code.ReadByte();
            value = value == 0xFE ? 0xFE00 | code.ReadByte() : value;
            switch (s_operands[value])
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.ReadByte();
                    break;
                case OperandType.InlineVar:
                    code.ReadInt16();
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.ReadInt64();
                    break;
                case OperandType.InlineSwitch:
                    var targets = code.ReadInt32();
                    code.Offset += 4 * targets;
                    break;
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    Use(from, MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                default:
                    code.ReadInt32();
                    break;
            }
        }
    }

    private void Use(TypeDefinitionHandle from, ImmutableArray<EntityHandle> types)
    {
        foreach (var type in types)
        {
            Use(from, type);
        }
    }

    private void Use(TypeDefinitionHandle from, EntityHandle what)
    {
        if (what.IsNil)
        {
            return;
        }

        switch (what.Kind)
        {
            case HandleKind.TypeDefinition:
                Note(from, (TypeDefinitionHandle)what);
                break;
            case HandleKind.TypeReference:
                Note(from, (TypeReferenceHandle)what);
                break;
            case HandleKind.TypeSpecification:
                Use(from, _metadata.GetTypeSpecification((TypeSpecificationHandle)what).DecodeSignature(this, null));
                break;
            case HandleKind.FieldDefinition:
                Use(from, _metadata.GetFieldDefinition((FieldDefinitionHandle)what).GetDeclaringType());
                break;
            case HandleKind.MethodDefinition:
                Use(from, _metadata.GetMethodDefinition((MethodDefinitionHandle)what).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                Use(from, _metadata.GetMemberReference((MemberReferenceHandle)what).Parent);
                break;
            case HandleKind.MethodSpecification:
                var specification = _metadata.GetMethodSpecification((MethodSpecificationHandle)what);
                Use(from, specification.Method);
                Use(from, All(specification.DecodeSignature(this, null)));
                break;
        }
    }

    private void Note(TypeDefinitionHandle from, TypeDefinitionHandle to)
    {
        // What generators add to other namespaces is nobody's folder.
        if (FolderOf(from) is { } user && FolderOf(to) is { } used && user != used)
        {
            _uses.TryAdd((user, used), $"{NameOf(from)} uses {NameOf(to)}");
        }
    }

    private void Note(TypeDefinitionHandle from, TypeReferenceHandle to)
    {
        var type = _metadata.GetTypeReference(to);
        while (type.ResolutionScope.Kind == HandleKind.TypeReference)
        {
            type = _metadata.GetTypeReference((TypeReferenceHandle)type.ResolutionScope);
        }

        if (type.ResolutionScope.Kind == HandleKind.AssemblyReference && FolderOf(from) is { } user)
        {
            var assembly = _metadata.GetString(_metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name);
            _outside.TryAdd((user, assembly), $"{NameOf(from)} uses {_metadata.GetString(type.Name)}");
        }
    }

    private string? FolderOf(TypeDefinitionHandle handle)
    {
        var space = _metadata.GetString(_metadata.GetTypeDefinition(Outermost(handle)).Namespace);
        return space == _root ? ""
            : space.StartsWith(_root + ".", StringComparison.Ordinal) ? space[(_root.Length + 1)..].Split('.')[0]
            : null;
    }

    private string NameOf(TypeDefinitionHandle handle) => _metadata.GetString(_metadata.GetTypeDefinition(Outermost(handle)).Name);

    private TypeDefinitionHandle Outermost(TypeDefinitionHandle handle)
    {
        while (_metadata.GetTypeDefinition(handle).GetDeclaringType() is { IsNil: false } outer)
        {
            handle = outer;
        }

        return handle;
    }

    private static ImmutableArray<EntityHandle> All(MethodSignature<ImmutableArray<EntityHandle>> signature) =>
        [.. signature.ReturnType, .. All(signature.ParameterTypes)];

    private static ImmutableArray<EntityHandle> All(ImmutableArray<ImmutableArray<EntityHandle>> types) => [.. types.SelectMany(type => type)];

    public ImmutableArray<EntityHandle> GetArrayType(ImmutableArray<EntityHandle> elementType, ArrayShape shape) => elementType;

    public ImmutableArray<EntityHandle> GetByReferenceType(ImmutableArray<EntityHandle> elementType) => elementType;

    public ImmutableArray<EntityHandle> GetFunctionPointerType(MethodSignature<ImmutableArray<EntityHandle>> signature) => All(signature);

    public ImmutableArray<EntityHandle> GetGenericInstantiation(
        ImmutableArray<EntityHandle> genericType,
        ImmutableArray<ImmutableArray<EntityHandle>> typeArguments
    ) => [.. genericType, .. All(typeArguments)];

    public ImmutableArray<EntityHandle> GetGenericMethodParameter(object? genericContext, int index) => [];

    public ImmutableArray<EntityHandle> GetGenericTypeParameter(object? genericContext, int index) => [];

    public ImmutableArray<EntityHandle> GetModifiedType(ImmutableArray<EntityHandle> modifier, ImmutableArray<EntityHandle> unmodifiedType, bool isRequired) =>
        [.. modifier, .. unmodifiedType];

    public ImmutableArray<EntityHandle> GetPinnedType(ImmutableArray<EntityHandle> elementType) => elementType;

    public ImmutableArray<EntityHandle> GetPointerType(ImmutableArray<EntityHandle> elementType) => elementType;

    public ImmutableArray<EntityHandle> GetPrimitiveType(PrimitiveTypeCode typeCode) => [];

    public ImmutableArray<EntityHandle> GetSZArrayType(ImmutableArray<EntityHandle> elementType) => elementType;

    public ImmutableArray<EntityHandle> GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => [handle];

    public ImmutableArray<EntityHandle> GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => [handle];

    public ImmutableArray<EntityHandle> GetTypeFromSpecification(
        MetadataReader reader,
        object? genericContext,
        TypeSpecificationHandle handle,
        byte rawTypeKind
    ) => reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);
}
