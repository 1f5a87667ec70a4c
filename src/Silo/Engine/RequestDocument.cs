using OrleansOneShot.Contracts.Requests;

namespace OrleansOneShot.Silo.Engine;

/// <summary>request.json: what was asked for, beside what came of it.</summary>
internal static class RequestDocument
{
    /// <summary>Writes the document.</summary>
    /// <param name="path">The file.</param>
    /// <param name="request">The request.</param>
    public static void Write(string path, ImplantationRequest request) => File.WriteAllText(path, RequestJson.Write(request));
}
