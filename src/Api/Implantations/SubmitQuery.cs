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
    /// <param name="dryRun">The parameter; null: it is not given.</param>
    /// <param name="query">The call's query.</param>
    /// <returns>Whether.</returns>
    /// <exception cref="ProblemException">invalid_input: somebody who mistypes this must not get a job.</exception>
    public static bool IsDryRun(string? dryRun, QueryString query)
    {
        foreach (var parameter in new QueryStringEnumerable(query.Value))
        {
            var name = parameter.DecodeName().ToString();
            if (name != DryRun)
            {
                throw Problems.Invalid(Wording.Bounded(name), $"{Wording.Bounded(name)} is no parameter of a submission; use {DryRun}.");
            }
        }

        return dryRun switch
        {
            "true" => true,
            "false" or null => false,
            _ => throw Problems.Invalid(DryRun, $"{DryRun} must be true or false."),
        };
    }
}
