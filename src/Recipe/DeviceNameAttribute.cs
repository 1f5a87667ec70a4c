using System.ComponentModel.DataAnnotations;

namespace OrleansOneShot.Recipe;

/// <summary>A text that names a device; see <see cref="Devices"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DeviceNameAttribute : ValidationAttribute
{
    /// <inheritdoc/>
    public override bool IsValid(object? value) => Devices.IsName(value as string);
}
