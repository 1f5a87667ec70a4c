using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;

namespace OrleansOneShot.Recipe;

/// <summary>
/// A property that users can set, with its name, limits and option: what a validator, a command line and a document's schema need to know of it.
/// </summary>
public sealed class Setting
{
    private static readonly ConcurrentDictionary<Type, IReadOnlyList<Setting>> s_known = new();

    private Setting(PropertyInfo property)
    {
        Property = property;
        Name = WordOf(property.Name);
        Option = property.GetCustomAttribute<OptionAttribute>();
        Range = property.GetCustomAttribute<RangeAttribute>() is { } range ? SettingRange.Of(range) : null;
        Words =
            property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed ? [.. allowed.Values.Cast<string>()]
            : ValueType is { IsEnum: true } values && !values.IsDefined(typeof(FlagsAttribute), false) ? [.. Enum.GetNames(values).Select(WordOf)]
            : [];
    }

    /// <summary>The property.</summary>
    public PropertyInfo Property { get; }

    /// <summary>Its name in documents and messages, such as <c>learning_rate</c>.</summary>
    public string Name { get; }

    /// <summary>How it is given on the command line; null: it isn't, or another setting's option gives it.</summary>
    public OptionAttribute? Option { get; }

    /// <summary>Of a number: its limits.</summary>
    public SettingRange? Range { get; }

    /// <summary>Of a choice: the words.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>The type of its value, without the null that leaves it open.</summary>
    public Type ValueType => Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType;

    /// <summary>Whether it can be left open for the model's default or the method's.</summary>
    public bool IsOpen => Nullable.GetUnderlyingType(Property.PropertyType) is not null;

    /// <summary>The settings of a record, in the order in which it declares them.</summary>
    /// <param name="options">The record's type.</param>
    public static IReadOnlyList<Setting> Of(Type options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return s_known.GetOrAdd(
            options,
            type =>
                [
                    .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                        .Where(property => property.CanWrite)
                        .Select(property => new Setting(property)),
                ]
        );
    }

    /// <summary>One setting.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="property">The property, as in <c>options => options.Rank</c>.</param>
    public static Setting Of<T>(Expression<Func<T, object?>> property)
    {
        ArgumentNullException.ThrowIfNull(property);
        var body = property.Body is UnaryExpression { NodeType: ExpressionType.Convert } convert ? convert.Operand : property.Body;
        var name = ((MemberExpression)body).Member.Name;
        return Of(typeof(T)).Single(setting => setting.Property.Name == name);
    }

    /// <summary>The word of an enum's value in documents and on the command line, such as <c>masked_image</c>.</summary>
    /// <param name="value">A defined value; of flags, any of them together.</param>
    /// <returns>The word; of several flags their words, a comma between two.</returns>
    public static string WordOf(Enum value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return string.Join(',', value.ToString().Split(", ").Select(WordOf));
    }

    /// <summary>The value that a word names.</summary>
    /// <param name="word">One of <see cref="Words"/>.</param>
    /// <returns>A text, or a value of the property's enum.</returns>
    /// <exception cref="ArgumentException">Another word.</exception>
    public object ValueOf(string word)
    {
        var at = Words.ToList().IndexOf(word);
        return at < 0 ? throw new ArgumentException($"{Name} is not one of {string.Join(", ", Words)}.", nameof(word))
            : ValueType.IsEnum ? Enum.GetValues(ValueType).GetValue(at)!
            : word;
    }

    private static string WordOf(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}

/// <summary>Limits of a number.</summary>
/// <param name="Least">The smallest, or the bound that it is above.</param>
/// <param name="Most">The largest.</param>
/// <param name="IsAbove">Whether it is above <paramref name="Least"/>.</param>
public sealed record SettingRange(IConvertible Least, IConvertible Most, bool IsAbove)
{
    /// <summary>The limits in words: <c>from 1 to 256</c>, <c>above 0 and at most 1</c>.</summary>
    public string Words => FormattableString.Invariant(IsAbove ? (FormattableString)$"above {Least} and at most {Most}" : $"from {Least} to {Most}");

    /// <summary>Whether a number is within.</summary>
    /// <param name="value">A whole number of any type, or a <see cref="double"/>; not-a-number is never within.</param>
    public bool Holds(object value) =>
        value is double real
            ? (IsAbove ? real > Least.ToDouble(null) : real >= Least.ToDouble(null)) && real <= Most.ToDouble(null)
            : Convert.ToDecimal(value, null) is var whole
                && (IsAbove ? whole > Least.ToDecimal(null) : whole >= Least.ToDecimal(null))
                && whole <= Most.ToDecimal(null);

    internal static SettingRange Of(RangeAttribute range)
    {
        // Limits of a type that isn't int or double are given as text, and read when they are first needed.
        static IConvertible Read(object limit) =>
            limit is string text ? long.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : (IConvertible)limit;

        return new SettingRange(Read(range.Minimum), Read(range.Maximum), range.MinimumIsExclusive);
    }
}
