using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Common;

namespace OrleansOneShot.Api.Implantations;

/// <summary>The one parameter of a submission: <c>dry_run</c>.</summary>
internal static class SubmitQuery
{
    private const string DryRun = "dry_run";

    /// <summary>Whether nothing is to be created.</summary>
    /// <param name="query">The call's query.</param>
    /// <returns>Whether.</returns>
    /// <exception cref="ProblemException">invalid_input: somebody who mistypes this must not get a job.</exception>
    public static bool IsDryRun(QueryString query)
    {
        var isDryRun = false;
        foreach (var parameter in new QueryStringEnumerable(query.Value))
        {
            var name = parameter.DecodeName().ToString();
            if (name != DryRun)
            {
                throw Problems.Invalid(Wording.Bounded(name), $"{Wording.Bounded(name)} is no parameter of a submission; use {DryRun}.");
            }

            isDryRun = parameter.DecodeValue().ToString() switch
            {
                "true" => true,
                "false" => false,
                _ => throw Problems.Invalid(DryRun, $"{DryRun} must be true or false."),
            };
        }

        return isDryRun;
    }
}
