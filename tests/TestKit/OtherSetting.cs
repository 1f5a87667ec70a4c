using System.Collections.Immutable;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.TestKit;

/// <summary>A setting and a value that is not its default.</summary>
/// <param name="Setting">The setting.</param>
/// <param name="Value">The value; within its limits.</param>
/// <param name="Text">The value as the command line takes it; empty for a switch.</param>
public sealed record OtherSetting(Setting Setting, object Value, string Text)
{
    /// <summary>Every setting of a record with an option, with another value than its default.</summary>
    /// <typeparam name="T">The record.</typeparam>
    public static IReadOnlyList<OtherSetting> All<T>()
        where T : class, new() => [.. Setting.Of(typeof(T)).Where(setting => setting.Option is not null).Select(setting => Of(setting, new T()))];

    /// <summary>A record in which one setting has its other value.</summary>
    /// <typeparam name="T">The record.</typeparam>
    public T In<T>()
        where T : class, new()
    {
        var record = new T();
        Setting.Property.SetValue(record, Value);
        return record;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Setting.Option!.Name} {Text}";

    private static OtherSetting Of(Setting setting, object defaults)
    {
        var standard = setting.Property.GetValue(defaults);
        return setting.ValueType switch
        {
            var type when type == typeof(bool) => new OtherSetting(setting, !(bool)standard!, ""),
            var type when type == typeof(int) || type == typeof(long) => OfNumber(setting, Convert.ChangeType(Whole(setting.Range!, standard), type, null)),
            var type when type == typeof(double) => OfNumber(setting, setting.Range!.Most.ToDouble(null) / 4),
            var type when type == typeof(FanOutOptions) => new OtherSetting(
                setting,
                new FanOutOptions { Mode = FanOutMode.Periodic, Period = 7 },
                "periodic:7"
            ),
            var type when type == typeof(ImmutableArray<string>) => new OtherSetting(setting, ImmutableArray.Create("a <cat>"), "a <cat>"),
            var type when type == typeof(Augmentations) => new OtherSetting(setting, Augmentations.Flip | Augmentations.Crop, "flip,crop"),
            _ when setting.Words.Count > 0 => OfWord(setting, setting.Words.Last(word => !setting.ValueOf(word).Equals(standard))),
            _ => new OtherSetting(setting, "cuda:3", "cuda:3"),
        };
    }

    private static long Whole(SettingRange range, object? standard)
    {
        var least = Math.Max(range.Least.ToInt64(null), 1);
        return standard is not null && Convert.ToInt64(standard, null) == least ? least + 1 : least;
    }

    private static OtherSetting OfNumber(Setting setting, object value) => new(setting, value, FormattableString.Invariant($"{value}"));

    private static OtherSetting OfWord(Setting setting, string word) => new(setting, setting.ValueOf(word), word);
}
