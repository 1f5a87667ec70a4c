using System.Globalization;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Estimates;

/// <summary>What kind of job a request asks for, as far as its times go.</summary>
internal static class RunProfile
{
    /// <summary>The kind's name: what memory depends on, and what a picture's time does.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The name.</returns>
    public static string NameOf(ImplantationRequest request) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{MemoryProfiles.NameOf(request)}/{request.Samples.Steps?.ToString(CultureInfo.InvariantCulture) ?? "default"}"
        );

    /// <summary>How many pictures a request asks for.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The number; null: it leaves the prompts to the engine.</returns>
    public static int? PicturesOf(ImplantationRequest request) =>
        request.Samples.PerPrompt == 0 ? 0
        : request.Samples.Prompts.IsDefaultOrEmpty ? null
        : request.Samples.Prompts.Length * request.Samples.PerPrompt;
}
