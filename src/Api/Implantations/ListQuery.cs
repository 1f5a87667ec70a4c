using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using OrleansOneShot.Api.Description;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Api.Implantations;

/// <summary>The parameters of a list of jobs: <c>state</c>, <c>metadata.KEY</c> (several, of different keys), <c>cursor</c>, <c>limit</c>.</summary>
internal static class ListQuery
{
    /// <summary>How the description shows the parameters that callers name themselves.</summary>
    public static readonly CallParameter MetadataParameter = new(
        Metadata + "KEY",
        "`metadata.KEY=VALUE` lists jobs alone whose metadata hold that pair; several, of different keys, must all be held."
    );

    private const int DefaultPage = 50;
    private const string State = "state";
    private const string Cursor = "cursor";
    private const string Limit = "limit";
    private const string Metadata = "metadata.";

    /// <summary>Reads them.</summary>
    /// <param name="known">Those that have a name of their own.</param>
    /// <param name="query">The call's query, whose names differ by case too: so do the keys of metadata.</param>
    /// <param name="owner">Whose jobs.</param>
    /// <returns>Which jobs to list.</returns>
    /// <exception cref="ProblemException">invalid_input: names every parameter that is not known, comes twice or can't be one.</exception>
    public static JobQuery Read(ListParameters known, QueryString query, string owner)
    {
        var problems = new List<ProblemField>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        JobState? state = null;
        var page = DefaultPage;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var parameter in new QueryStringEnumerable(query.Value))
        {
            var name = parameter.DecodeName().ToString();
            var problem = seen.Add(name) ? null : $"{Wording.Bounded(name)} is given more than once.";
            switch (name)
            {
                case State:
                    problem ??= TryParse(known.State, out state)
                        ? null
                        : $"{State} must be one of {string.Join(", ", Enum.GetNames<JobState>()).ToLowerInvariant()}.";
                    break;
                case Cursor:
                    break;
                case Limit:
                    problem ??=
                        int.TryParse(known.Limit, NumberStyles.None, CultureInfo.InvariantCulture, out page) && page is >= 1 and <= JobQuery.MaxPageSize
                            ? null
                            : $"{Limit} must be from 1 to {JobQuery.MaxPageSize}.";
                    break;
                case var _ when name.StartsWith(Metadata, StringComparison.Ordinal):
                    metadata[name[Metadata.Length..]] = parameter.DecodeValue().ToString();
                    break;
                default:
                    problem = $"{Wording.Bounded(name)} is no parameter of this list; use {State}, {Metadata}KEY, {Cursor} or {Limit}.";
                    break;
            }

            if (problem is not null)
            {
                problems.Add(new ProblemField(Wording.Bounded(name), problem));
            }
        }

        problems.AddRange(JobMetadata.Find("metadata", metadata).Select(problem => new ProblemField(problem.Field, problem.Message)));
        return problems.Count == 0
            ? new JobQuery
            {
                Owner = owner,
                State = state,
                Metadata = metadata,
                Cursor = known.Cursor,
                PageSize = page,
            }
            : throw new ProblemException(new ErrorDetail(ErrorCodes.InvalidInput, problems[0].Detail), [.. problems.Take(Problems.MostProblems)]);
    }

    private static bool TryParse(string? text, out JobState? state)
    {
        var isOne = Enum.TryParse<JobState>(text, ignoreCase: true, out var parsed) && Enum.IsDefined(parsed) && text!.All(char.IsAsciiLetter);
        state = isOne ? parsed : null;
        return isOne;
    }
}

/// <summary>The parameters of a list that have names of their own, as texts, so that all that is wrong is told at once.</summary>
/// <param name="State">Only jobs in this state.</param>
/// <param name="Cursor">Where to go on, from the page before.</param>
/// <param name="Limit">Most jobs of the page.</param>
internal sealed record ListParameters(
    [property: FromQuery(Name = "state")] string? State,
    [property: FromQuery(Name = "cursor")] string? Cursor,
    [property: FromQuery(Name = "limit")] string? Limit
);
