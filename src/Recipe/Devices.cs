using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace OrleansOneShot.Recipe;

/// <summary>Names of what computes: <c>auto</c>, <c>cpu</c> or <c>cuda:N</c>.</summary>
public static class Devices
{
    /// <summary>A GPU where there is one, else the processor.</summary>
    public const string Auto = "auto";

    /// <summary>The processor.</summary>
    public const string Cpu = "cpu";

    private const string Gpu = "cuda";

    /// <summary>Reads what a person wrote.</summary>
    /// <param name="text">The text; <c>cuda</c> alone is the first GPU.</param>
    /// <returns><c>auto</c>, <c>cpu</c> or <c>cuda:N</c>; null if it is none.</returns>
    public static string? Read(string? text) =>
        text == Gpu ? $"{Gpu}:0"
        : IsName(text) ? text
        : null;

    /// <summary>Whether a text is one of the names, N being 0 to 255.</summary>
    /// <param name="text">The text.</param>
    public static bool IsName(string? text) =>
        text is Auto or Cpu
        || (
            text?.StartsWith(Gpu + ":", StringComparison.Ordinal) == true
            && byte.TryParse(text.AsSpan(Gpu.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _)
        );
}

/// <summary>A text that names a device; see <see cref="Devices"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DeviceNameAttribute : ValidationAttribute
{
    /// <inheritdoc/>
    public override bool IsValid(object? value) => Devices.IsName(value as string);
}
