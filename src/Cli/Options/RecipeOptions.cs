using System.Collections.Immutable;
using System.CommandLine;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Options;

/// <summary>
/// The options of a record of settings, each made of what its property says: name, words, limits and default. A new setting has its option without a line here.
/// </summary>
/// <typeparam name="T">The record.</typeparam>
internal sealed class RecipeOptions<T>
    where T : class, new()
{
    private readonly IReadOnlyList<RecipeOption> _options =
    [
        .. Setting.Of(typeof(T)).Where(setting => setting.Option is not null).Select(setting => RecipeOption.Create(setting, new T())),
    ];

    /// <summary>Adds the options to a command, in the order of the settings.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command) => command.Add(_options.Select(option => option.Option));

    /// <summary>The settings of a command line.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>The record; what was not given has its default.</returns>
    public T Read(ParseResult parsed)
    {
        var settings = new T();
        foreach (var option in _options)
        {
            option.Set(settings, parsed);
        }

        return settings;
    }

    /// <summary>Puts what a command line gives itself into a record of its own; what it does not give stays.</summary>
    /// <param name="settings">The record, which nobody else has.</param>
    /// <param name="parsed">The command line.</param>
    /// <returns>The record.</returns>
    public T Put(T settings, ParseResult parsed)
    {
        foreach (var option in _options.Where(option => parsed.GetResult(option.Option) is { Implicit: false }))
        {
            option.Set(settings, parsed);
        }

        return settings;
    }
}

/// <summary>The option of a setting.</summary>
/// <param name="Option">The option.</param>
/// <param name="Set">Puts what a command line gives into a record.</param>
internal sealed record RecipeOption(Option Option, Action<object, ParseResult> Set)
{
    private const string Auto = "auto";

    /// <summary>Makes the option of a setting.</summary>
    /// <param name="setting">The setting, which has an option.</param>
    /// <param name="defaults">A record with the defaults.</param>
    /// <returns>The option.</returns>
    /// <exception cref="NotSupportedException">No option is known for the setting's type.</exception>
    public static RecipeOption Create(Setting setting, object defaults)
    {
        var (attribute, value) = (setting.Option!, setting.Property.GetValue(defaults));
        return setting.ValueType switch
        {
            var type when type == typeof(bool) => Switch(setting, attribute, (bool)value!),
            var type when type == typeof(int) || type == typeof(long) => Of(
                setting,
                NumberOptions.Whole(setting, value is null ? null : Convert.ToInt64(value, null)),
                given => given is null ? null : Convert.ChangeType(given, type, null)
            ),
            var type when type == typeof(double) => Of(
                setting,
                NumberOptions.Real(attribute.Name, number => setting.Range!.Holds(number), setting.Range!.Words, attribute.Help, (double?)value),
                given => given
            ),
            var type when type == typeof(LoraTargets) => Targets(setting),
            var type when type == typeof(FanOutOptions) => Of(setting, new FanOutOption(attribute), given => given),
            var type when type == typeof(ImmutableArray<string>) => Of(setting, Texts(attribute), given => given is null ? null : ImmutableArray.Create(given)),
            _ when setting.Words.Count > 0 => Choice(setting, attribute, value),
            var type when type == typeof(string) => Of(setting, new DeviceOption(attribute, (string)value!), Devices.Read),
            var type => throw new NotSupportedException($"{attribute.Name} is of the type {type}, for which there is no option."),
        };
    }

    private static RecipeOption Of<TValue>(Setting setting, Option<TValue> option, Func<TValue?, object?> convert) =>
        new(
            option,
            (record, parsed) =>
            {
                if (convert(parsed.GetValue(option)) is { } value)
                {
                    setting.Property.SetValue(record, value);
                }
            }
        );

    // What is on is turned off, and the other way round.
    private static RecipeOption Switch(Setting setting, OptionAttribute attribute, bool otherwise) =>
        Of(setting, new Option<bool>(attribute.Name) { Description = attribute.Help }, given => given ? !otherwise : null);

    private static RecipeOption Choice(Setting setting, OptionAttribute attribute, object? value)
    {
        var words = setting.IsOpen ? setting.Words.Prepend(Auto) : setting.Words;
        var standard = value switch
        {
            null => Auto,
            Enum choice => Setting.WordOf(choice),
            _ => (string)value,
        };
        return Of(
            setting,
            new ChoiceOption(attribute.Name, attribute.Help, [standard, .. words.Where(word => word != standard)]),
            given => given is null || (setting.IsOpen && given == Auto) ? null : setting.ValueOf(ChoiceOption.WordOf(given, setting.Words))
        );
    }

    private static RecipeOption Targets(Setting setting)
    {
        var option = new TargetsOption(setting.Option!);
        var more = Setting.Of<TrainingOptions>(options => options.MoreTargets).Property;
        return new RecipeOption(
            option,
            (record, parsed) =>
            {
                var layers = parsed.GetValue(option)!;
                setting.Property.SetValue(record, layers.Attention);
                more.SetValue(record, layers.More);
            }
        );
    }

    // One text each time: with several, an option that is not known would be taken for a text.
    private static Option<string[]> Texts(OptionAttribute attribute) => new(attribute.Name) { Description = attribute.Help, HelpName = attribute.Form };
}
