using System.Globalization;

namespace OrleansOneShot.Recipe;

/// <summary>How a setting is called on the command line, and what it is for.</summary>
/// <param name="name">The option, such as <c>--rank</c>. Of a switch that is on, one that begins with <c>--no-</c> and turns it off.</param>
/// <param name="description">A sentence or two without default and limits, which are the property's; no full stop where a default follows.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string name, string description) : Attribute
{
    /// <summary>The option.</summary>
    public string Name { get; } = name;

    /// <summary>What it is for.</summary>
    public string Description { get; } = description;

    /// <summary>Of a setting that may be left open: what then holds, if the model doesn't say; a value of <see cref="Defaults"/>.</summary>
    public object? Else { get; init; }

    /// <summary>Of a setting that may be left open, and about which models say nothing: what then holds, in words.</summary>
    public string? Otherwise { get; init; }

    /// <summary>What <c>{0}</c> in <see cref="Otherwise"/> stands for; a value of <see cref="Defaults"/>.</summary>
    public object? OtherwiseValue { get; init; }

    /// <summary>Of a whole number: the word that stands for 0, such as <c>off</c>; null: there is none.</summary>
    public string? ZeroWord { get; init; }

    /// <summary>How help shows its value; null: by its type.</summary>
    public string? Form { get; init; }

    /// <summary>
    /// What <c>--help</c> says: what it is for, and what holds where it is not given; of a setting with a value of its own, that value is shown beside it.
    /// </summary>
    public string Help =>
        Else is not null ? FormattableString.Invariant($"{Description} (default: the model's, else {Else}).")
        : Otherwise is not null ? $"{Description} (default: {string.Format(CultureInfo.InvariantCulture, Otherwise, OtherwiseValue)})."
        : Description;
}
