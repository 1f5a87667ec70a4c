namespace OrleansOneShot.Recipe;

/// <summary>The number by which a property is known in messages and stored states; never given to another one.</summary>
/// <param name="number">0 or more.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FieldNumberAttribute(int number) : Attribute
{
    /// <summary>The number.</summary>
    public int Number { get; } = number;
}
