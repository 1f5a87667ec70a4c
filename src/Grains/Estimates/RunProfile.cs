using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Estimates;

/// <summary>What kind of job a request asks for, as far as its times go.</summary>
internal static class RunProfile
{
    /// <summary>
    /// The kind's name: what a step's time depends on, which is what memory does. How many steps a job takes, and how many a picture, is no part of it: a run
    /// tells of any number.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <returns>The name.</returns>
    public static string NameOf(ImplantationRequest request) => MemoryProfiles.NameOf(request);

    /// <summary>How many pictures a request asks for.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The number; null: it leaves the prompts to the engine.</returns>
    public static int? PicturesOf(ImplantationRequest request) =>
        request.Samples.PerPrompt == 0 ? 0
        : request.Samples.Prompts.IsDefaultOrEmpty ? null
        : request.Samples.Prompts.Length * request.Samples.PerPrompt;
}
