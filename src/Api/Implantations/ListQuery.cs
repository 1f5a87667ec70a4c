using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using OrleansOneShot.Api.Bodies;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Api.Implantations;

/// <summary>The parameters of a list of jobs: <c>state</c>, <c>metadata.KEY</c> (several, of different keys), <c>cursor</c>, <c>limit</c>.</summary>
internal static class ListQuery
{
    private const int DefaultPage = 50;
    private const string State = "state";
    private const string Cursor = "cursor";
    private const string Limit = "limit";
    private const string Metadata = "metadata.";

    /// <summary>Reads them.</summary>
    /// <param name="query">The call's query, whose names differ by case too: so do the keys of metadata.</param>
    /// <param name="owner">Whose jobs.</param>
    /// <returns>Which jobs to list.</returns>
    /// <exception cref="ProblemException">invalid_input: names every parameter that is not known, comes twice or can't be one.</exception>
    public static JobQuery Read(QueryString query, string owner)
    {
        var problems = new List<ProblemField>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        JobState? state = null;
        string? cursor = null;
        var page = DefaultPage;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var parameter in new QueryStringEnumerable(query.Value))
        {
            var (name, value) = (parameter.DecodeName().ToString(), parameter.DecodeValue().ToString());
            var problem = seen.Add(name) ? null : $"{Wording.Bounded(name)} is given more than once.";
            switch (name)
            {
                case State:
                    problem ??= TryParse(value, out state)
                        ? null
                        : $"{State} must be one of {string.Join(", ", Enum.GetNames<JobState>()).ToLowerInvariant()}.";
                    break;
                case Cursor:
                    cursor = value;
                    break;
                case Limit:
                    problem ??=
                        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out page) && page is >= 1 and <= JobQuery.MaxPageSize
                            ? null
                            : $"{Limit} must be from 1 to {JobQuery.MaxPageSize}.";
                    break;
                case var _ when name.StartsWith(Metadata, StringComparison.Ordinal):
                    metadata[name[Metadata.Length..]] = value;
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
                Cursor = cursor,
                PageSize = page,
            }
            : throw new ProblemException(new ErrorDetail(ErrorCodes.InvalidInput, problems[0].Detail), [.. problems.Take(JsonBody.MostProblems)]);
    }

    private static bool TryParse(string text, out JobState? state)
    {
        var known = Enum.TryParse<JobState>(text, ignoreCase: true, out var parsed) && Enum.IsDefined(parsed) && text.All(char.IsAsciiLetter);
        state = known ? parsed : null;
        return known;
    }
}
