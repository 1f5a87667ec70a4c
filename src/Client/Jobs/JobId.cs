using System.Globalization;
using System.Security.Cryptography;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Client.Jobs;

/// <summary>
/// Ids of jobs: UTC time of submission and eight random digits, such as <c>20261123-121500-ab12cd34</c>. They sort by time and are safe as file names.
/// </summary>
public static class JobId
{
    /// <summary>Makes an id.</summary>
    /// <param name="now">The time of submission.</param>
    /// <returns>A new id.</returns>
    public static string New(DateTimeOffset now) =>
        now.UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture) + "-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));

    /// <summary>Whether a text can be an id, also one that a program chose (<see cref="TextRules.IsName"/>).</summary>
    /// <param name="text">The text.</param>
    /// <returns>True if it can.</returns>
    public static bool IsValid(string? text) => TextRules.IsName(text);
}
