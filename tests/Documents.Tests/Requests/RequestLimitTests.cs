using System.Collections.Immutable;
using System.Text.Json;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Tests.Requests;

public sealed class RequestLimitTests
{
    // They are true or false, so there is nothing to refuse.
    private static readonly string[] s_switches = ["method.prototype", "method.class_loss", "method.object_loss", "training.dora"];

    public static TheoryData<int, string> Rows => [.. RequestLimits.All.Select((limit, i) => (i, limit.Field))];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Require_LastAcceptedValues_AreAccepted(int row, string field)
    {
        _ = field;
        Assert.All(RequestLimits.All[row].Accepted, request => RequestValidator.Require(request));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Require_FirstRefusedValues_AreRefusedBySentenceAndField(int row, string field) =>
        Assert.All(
            RequestLimits.All[row].Refused,
            refused =>
            {
                var error = Assert.Throws<OneShotException>(() => RequestValidator.Require(refused.Request));
                Assert.Equal(new ErrorDetail(ErrorCodes.InvalidInput, refused.Sentence, field), error.Detail);
            }
        );

    public static TheoryData<string, string> Numbers =>
        [
            .. new[] { typeof(MethodOptions), typeof(TrainingOptions), typeof(SampleOptions) }.SelectMany(type =>
                Setting.Of(type).Where(setting => setting.Range is not null).Select(setting => (type.Name, setting.Name))
            ),
        ];

    // Whatever rows there are above: each number's own limits, from both sides.
    [Theory]
    [MemberData(nameof(Numbers))]
    public void Find_NumberAtItsEndsAndBeyond_IsJudgedByItsLimits(string record, string name)
    {
        var options = Activator.CreateInstance(typeof(MethodOptions).Assembly.GetType($"OrleansOneShot.Recipe.{record}", throwOnError: true)!)!;
        var setting = Setting.Of(options.GetType()).Single(one => one.Name == name);
        var range = setting.Range!;
        object[] ends = [range.Least.ToInt32(null), range.Most.ToInt32(null), range.Least.ToInt32(null) - 1, int.MinValue];
        if (setting.ValueType == typeof(double))
        {
            var least = range.Least.ToDouble(null);
            ends = [range.IsAbove ? double.Epsilon : least, range.Most.ToDouble(null), range.IsAbove ? least : Math.BitDecrement(least), double.NaN];
        }

        foreach (var (value, accepted) in ends.Zip(new[] { true, true, false, false }))
        {
            setting.Property.SetValue(options, value);
            string[] expected = accepted ? [] : [FormattableString.Invariant($"x.{name} is {value}; it must be {range.Words}.")];
            Assert.Equal(expected, SettingRules.Find("x", options).Select(problem => problem.Message));
        }
    }

    [Fact]
    public void Rows_EveryFieldOfARequest_HasItsRule()
    {
        string[] numbers = [.. Numbers.Select(row => row.Data.Item2)];
        var fields = Fields(typeof(ImplantationRequest), "")
            .Except(s_switches)
            .Where(field => !numbers.Contains(field[(field.LastIndexOf('.') + 1)..]))
            .ToList();
        var known = RequestLimits.All.Select(limit => limit.Field.Replace("[0]", "", StringComparison.Ordinal)).ToHashSet();
        Assert.Equal([], fields.Where(field => !known.Contains(field)));
        Assert.True(fields.Count > 15, "Fields were not found.");
    }

    [Theory]
    [InlineData("a")]
    [InlineData("20261127-080119-x")]
    [InlineData("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    public void RequireId_Name_IsAccepted(string id) => RequestValidator.RequireId(id);

    [Theory]
    [InlineData("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    [InlineData("-a")]
    [InlineData("a\n")]
    [InlineData(null)]
    public void RequireId_OtherText_IsRefusedBySentence(string? id)
    {
        var error = Assert.Throws<OneShotException>(() => RequestValidator.RequireId(id!));
        Assert.Equal(
            new ErrorDetail(
                ErrorCodes.InvalidInput,
                $"'{id}' can't be a job's id: use 1 to 64 letters, digits, '-', '_' or '.', and begin with a letter or a digit.",
                "id"
            ),
            error.Detail
        );
    }

    [Fact]
    public void Require_LongText_IsCutInTheMessage()
    {
        var error = Assert.Throws<OneShotException>(() => RequestValidator.Require(RequestLimits.Good with { Image = new string('z', 100_000) }));
        Assert.InRange(error.Detail.Message.Length, 80, 250);
    }

    // "training.fan_out.mode" and so on, down to what is no record of requests.
    private static IEnumerable<string> Fields(Type type, string above) =>
        type.GetProperties()
            .SelectMany(property =>
            {
                var field = above + JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);
                var inner = property.PropertyType == typeof(ImmutableArray<ObjectSpec>) ? typeof(ObjectSpec) : property.PropertyType;
                return inner.Namespace?.StartsWith("OrleansOneShot.", StringComparison.Ordinal) == true && inner.IsClass ? Fields(inner, field + ".") : [field];
            });
}
