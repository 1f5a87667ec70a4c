using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using OrleansOneShot.Api.Errors;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Api.Datasets;

/// <summary>The parameters of lists of runs and of items. All that is wrong with them is told at once.</summary>
internal static class DatasetQueries
{
    private const string State = "state";
    private const string Limit = "limit";
    private const string ChangedSince = "changed_since";

    /// <summary>Reads those of a list of runs.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="query">The call's query, for what is none of them.</param>
    /// <param name="owner">Whose runs.</param>
    /// <returns>Which runs to list.</returns>
    /// <exception cref="ProblemException">invalid_input: names every parameter that is not known or can't be one.</exception>
    public static DatasetRunQuery Read(RunListParameters parameters, IQueryCollection query, string owner)
    {
        var problems = FindUnknown(query, State, "cursor", Limit);
        var read = new DatasetRunQuery
        {
            Owner = owner,
            State = ReadState<DatasetRunState>(parameters.State, problems),
            Cursor = parameters.Cursor,
            PageSize = ReadLimit(parameters.Limit, new DatasetRunQuery().PageSize, DatasetRunQuery.MaxPageSize, problems),
        };
        return problems.Count == 0 ? read : throw Refuse(problems);
    }

    /// <summary>Reads those of a list of items.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="query">The call's query, for what is none of them.</param>
    /// <returns>Which items to list.</returns>
    /// <exception cref="ProblemException">invalid_input: names every parameter that is not known or can't be one.</exception>
    public static DatasetItemQuery Read(ItemListParameters parameters, IQueryCollection query)
    {
        var problems = FindUnknown(query, State, ChangedSince, "cursor", Limit);
        long since = 0;
        if (parameters.ChangedSince is { } text && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out since))
        {
            problems.Add(new ProblemField(ChangedSince, $"{ChangedSince} must be a version that the run had."));
        }

        var read = new DatasetItemQuery
        {
            State = ReadState<DatasetItemState>(parameters.State, problems),
            ChangedSince = parameters.ChangedSince is null ? null : since,
            Cursor = parameters.Cursor,
            PageSize = ReadLimit(parameters.Limit, new DatasetItemQuery().PageSize, DatasetItemQuery.MaxPageSize, problems),
        };
        return problems.Count == 0 ? read : throw Refuse(problems);
    }

    private static List<ProblemField> FindUnknown(IQueryCollection query, params string[] known) =>
        [
            .. query
                .Where(parameter => !known.Contains(parameter.Key, StringComparer.Ordinal) || parameter.Value.Count > 1)
                .Select(parameter => new ProblemField(
                    Wording.Bounded(parameter.Key),
                    parameter.Value.Count > 1 && known.Contains(parameter.Key, StringComparer.Ordinal)
                        ? $"{parameter.Key} is given more than once."
                        : $"{Wording.Bounded(parameter.Key)} is no parameter of this list; use {string.Join(", ", known[..^1])} or {known[^1]}."
                )),
        ];

    private static T? ReadState<T>(string? text, List<ProblemField> problems)
        where T : struct, Enum
    {
        if (text is null)
        {
            return null;
        }
        if (Enum.TryParse<T>(text, ignoreCase: true, out var state) && text.All(char.IsAsciiLetter))
        {
            return state;
        }

        problems.Add(new ProblemField(State, $"{State} must be one of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}."));
        return null;
    }

    private static int ReadLimit(string? text, int usual, int most, List<ProblemField> problems)
    {
        if (text is null)
        {
            return usual;
        }
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit >= 1 && limit <= most)
        {
            return limit;
        }

        problems.Add(new ProblemField(Limit, $"{Limit} must be from 1 to {most}."));
        return usual;
    }

    private static ProblemException Refuse(List<ProblemField> problems) =>
        new(new ErrorDetail(ErrorCodes.InvalidInput, problems[0].Detail), [.. problems.Take(Problems.MostProblems)]);
}

/// <summary>The parameters of a list of runs.</summary>
/// <param name="State">Only runs in this state.</param>
/// <param name="Cursor">Where to go on, from the page before.</param>
/// <param name="Limit">Most runs of the page.</param>
internal sealed record RunListParameters(
    [property: FromQuery(Name = "state")] string? State,
    [property: FromQuery(Name = "cursor")] string? Cursor,
    [property: FromQuery(Name = "limit")] string? Limit
);

/// <summary>The parameters of a list of items.</summary>
/// <param name="State">Only items in this state.</param>
/// <param name="ChangedSince">Only items that have changed since the run had this version.</param>
/// <param name="Cursor">Where to go on, from the page before.</param>
/// <param name="Limit">Most items of the page.</param>
internal sealed record ItemListParameters(
    [property: FromQuery(Name = "state")] string? State,
    [property: FromQuery(Name = "changed_since")] string? ChangedSince,
    [property: FromQuery(Name = "cursor")] string? Cursor,
    [property: FromQuery(Name = "limit")] string? Limit
);
