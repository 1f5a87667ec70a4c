using System.Collections.Immutable;
using System.Text.Json;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Silo.Tests.Engine.Options;

/// <summary>Every option of a request reaches what it is for: it is resolved, trained with, told in the manifest and seen in the result.</summary>
public sealed class OptionEffectTests(OptionRuns runs) : IClassFixture<OptionRuns>
{
    public static TheoryData<int, string, string> Rows => [.. OptionEffects.All.Select((effect, i) => (i, effect.Field, effect.Value))];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Run_UnusualValue_IsSeenInTheResult(int row, string field, string value)
    {
        _ = (field, value);
        var effect = OptionEffects.All[row];
        var (plain, other) = (runs.PlainOutcome, runs.Run(effect.Change(runs.Plain, runs)));

        var (before, after) = (plain.Used(), other.Used());
        Assert.Equal(
            effect.Used.OrderBy(pair => pair.Key, StringComparer.Ordinal),
            after.Where(pair => before.GetValueOrDefault(pair.Key) != pair.Value).OrderBy(pair => pair.Key, StringComparer.Ordinal)
        );
        Assert.Equal(effect.Trains, plain.Fingerprint != other.Fingerprint);
        effect.Seen(plain, other);
    }

    [Fact]
    public void Run_SameRequestAgain_GivesTheSame()
    {
        var again = runs.Run(runs.Plain);
        Assert.Equal(runs.PlainOutcome.Losses, again.Losses);
        Assert.Equal(runs.PlainOutcome.Fingerprint, again.Fingerprint);
        Assert.Equal(runs.PlainOutcome.Pictures.Values.Single().Pixels, again.Pictures.Values.Single().Pixels);
    }

    [Fact]
    public void Run_DeviceThatIsNotThere_IsRefused()
    {
        var error = Assert.Throws<OneShotException>(() => runs.Run(runs.Plain with { Training = runs.Plain.Training with { Device = "cuda:99" } }));
        Assert.Contains("cuda:99", error.Detail.Message, StringComparison.Ordinal);
        Assert.Equal("cpu", runs.PlainOutcome.Used()["device"].Trim('"'));
    }

    [Fact]
    public void Run_NoSamples_DrawsNone() => Assert.Empty(runs.Run(runs.Plain with { Samples = runs.Plain.Samples with { PerPrompt = 0 } }).Pictures);

    [Fact]
    public void Rows_EveryFieldOfARequest_IsThere()
    {
        string[] known = [.. OptionEffects.All.Select(effect => effect.Field), "training.device"];
        Assert.Equal([], Fields(typeof(ImplantationRequest), "").Except(known));
    }

    private static IEnumerable<string> Fields(Type type, string above) =>
        type.GetProperties()
            .SelectMany(property =>
            {
                var field = above + JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);
                var inner = property.PropertyType == typeof(ImmutableArray<ObjectSpec>) ? typeof(ObjectSpec) : property.PropertyType;
                return inner.Namespace?.StartsWith("OrleansOneShot.", StringComparison.Ordinal) == true && inner.IsClass ? Fields(inner, field + ".") : [field];
            });
}
