using System.Reflection;
using System.Reflection.Emit;
using System.Text.RegularExpressions;
using TorchSharp;

namespace OrleansOneShot.Compute.Tests.Torch;

/// <summary>Reads TorchSharp's own code for the members that make a Scalar, themselves or by what they call.</summary>
internal static partial class ScalarMakers
{
    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> s_opCodesByValue = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!)
        .ToDictionary(c => c.Value);

    /// <summary>The visible members that make a Scalar, and those that return a type of which one does so in an override.</summary>
    /// <param name="isBanned">Whether the list has an entry, such as <c>T:TorchSharp.Scalar</c>.</param>
    /// <returns>Documentation ids that the list lacks.</returns>
    public static IReadOnlyList<string> NotIn(Func<string, bool> isBanned)
    {
        var module = typeof(torch).Module;
        var methods = module
            .GetTypes()
            .SelectMany(t => t.GetMethods(Everything).Cast<MethodBase>().Concat(t.GetConstructors(Everything)))
            .ToDictionary(m => m.MetadataToken);
        var callees = methods.ToDictionary(m => m.Key, m => Callees(m.Value).ToArray());
        var makers = methods.Values.Where(IsSource).Select(m => m.MetadataToken).ToHashSet();
        while (callees.Where(c => !makers.Contains(c.Key) && c.Value.Any(makers.Contains)).Select(c => c.Key).ToList() is { Count: > 0 } more)
        {
            makers.UnionWith(more);
        }

        bool Covered(Type? type)
        {
            for (; type is not null; type = type.DeclaringType)
            {
                for (var one = type; one is not null; one = one.BaseType)
                {
                    if (isBanned("T:" + Plain(one.IsGenericType ? one.GetGenericTypeDefinition() : one)))
                    {
                        return true;
                    }
                }
            }

            return false;
        }

        var makingTypes = makers.Select(t => methods[t]).OfType<MethodInfo>().Where(IsOverride).Select(m => m.DeclaringType!).ToHashSet();
        return
        [
            .. methods
                .Values.Where(IsVisible)
                .Where(m => !Covered(m.DeclaringType) && !isBanned(IdOf(m)))
                .Where(m => makers.Contains(m.MetadataToken) || (m is MethodInfo { ReturnType: var type } && makingTypes.Any(t => t.IsAssignableFrom(type))))
                .Select(IdOf)
                .Order(StringComparer.Ordinal),
        ];
    }

    // Everything else gets its Scalars from these.
    private static bool IsSource(MethodBase method) =>
        method.DeclaringType!.FullName switch
        {
            "TorchSharp.Scalar" => method.Name == "op_Implicit" || method.IsConstructor,
            "TorchSharp.ScalarExtensionMethods" => method.Name.EndsWith("Scalar", StringComparison.Ordinal),
            _ => false,
        };

    private static bool IsOverride(MethodInfo method) => method.GetBaseDefinition().DeclaringType != method.DeclaringType;

    private static bool IsVisible(MethodBase method) => (method.IsPublic || method.IsFamily) && method.DeclaringType!.IsVisible;

    private static IEnumerable<int> Callees(MethodBase method)
    {
        var code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        var typeArguments = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        var at = 0;
        while (at < code.Length)
        {
            var opCode = s_opCodesByValue[code[at] == 0xFE ? unchecked((short)(0xFE00 | code[at + 1])) : code[at]];
            at += opCode.Size;
            if (opCode.OperandType == OperandType.InlineMethod)
            {
                var called = method.Module.ResolveMethod(BitConverter.ToInt32(code, at), typeArguments, methodArguments)!;
                if (called.Module == method.Module)
                {
                    yield return called.MetadataToken;

                    // An iterator's or a closure's code lies in a class of its own.
                    if (
                        called.IsConstructor
                        && called.DeclaringType!.Name.StartsWith('<')
                        && called.DeclaringType.GetMethod("MoveNext", Everything) is { } body
                    )
                    {
                        yield return body.MetadataToken;
                    }
                }
            }

            at += opCode.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    private static string IdOf(MethodBase method)
    {
        var type = Plain(method.DeclaringType!);
        if (method.IsSpecialName && Accessor().IsMatch(method.Name))
        {
            return $"P:{type}.{method.Name[4..]}";
        }

        var name = method.IsConstructor ? "#ctor" : method.Name + (method.IsGenericMethod ? "``" + method.GetGenericArguments().Length : "");
        var parameters = method.GetParameters() is { Length: > 0 } some ? $"({string.Join(',', some.Select(p => NameOf(p.ParameterType)))})" : "";
        return $"M:{type}.{name}{parameters}{(method.Name is "op_Implicit" or "op_Explicit" ? "~" + NameOf(((MethodInfo)method).ReturnType) : "")}";
    }

    private static string NameOf(Type type) =>
        type switch
        {
            { IsGenericParameter: true } => (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition,
            { IsArray: true } => NameOf(type.GetElementType()!) + "[]",
            { IsByRef: true } => NameOf(type.GetElementType()!) + "@",
            { IsGenericType: true } =>
                $"{Arity().Replace(Plain(type.GetGenericTypeDefinition()), "")}{{{string.Join(',', type.GetGenericArguments().Select(NameOf))}}}",
            _ => Plain(type),
        };

    private static string Plain(Type type) => (type.FullName ?? type.Name).Replace('+', '.');

    [GeneratedRegex("^[gs]et_")]
    private static partial Regex Accessor();

    [GeneratedRegex("`\\d+$")]
    private static partial Regex Arity();
}
