using System.Collections.Immutable;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Client.Jobs;

/// <summary>What is refused before a call is made.</summary>
internal static class RequestProblems
{
    /// <summary>The refusal of a document.</summary>
    /// <param name="problems">Every field that can't be used, at least one.</param>
    /// <returns>invalid_input.</returns>
    public static OneShotException Refuse(ImmutableArray<SettingProblem> problems) =>
        new(new ErrorDetail(ErrorCodes.InvalidInput, problems[0].Message, problems[0].Field))
        {
            Fields = [.. problems.Select(problem => new ProblemField(problem.Field, problem.Message))],
        };
}
