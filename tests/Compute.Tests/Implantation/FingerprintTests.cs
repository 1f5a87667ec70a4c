using System.Reflection;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Tests.Implantation;

/// <summary>A checkpoint is taken up by a run of the same fingerprint alone: whatever the weights depend on counts, and nothing else.</summary>
public sealed class FingerprintTests
{
    private static readonly ImplantationOptions s_options = new()
    {
        Name = "cat",
        MicroBatch = 2,
        TokenLearningRate = 1,
    };
    private static readonly ImplantationInputs s_inputs = new(
        [1, 2, 3],
        [new ImplantationObject("cat", "<cat>", [4, 5]), new ImplantationObject("dog", "<dog>", [6])]
    );

    // Those of the samples, of the files and of the place.
    private static readonly string[] s_apart =
    [
        "Name",
        "Prompts",
        "SamplesPerPrompt",
        "Scheduler",
        "SamplingSteps",
        "GuidanceScale",
        "PersonalizationGuidance",
        "CheckpointEvery",
        "PreviewEvery",
        "Device",
    ];

    public static TheoryData<string> Fields => [.. typeof(ImplantationOptions).GetProperties().Select(option => option.Name)];

    [Theory]
    [MemberData(nameof(Fields))]
    public void Of_AnotherOption_DiffersWhereTheWeightsDependOnIt(string name)
    {
        var field = typeof(ImplantationOptions).GetProperty(name)!;
        var options = s_options with { };
        field.SetValue(options, Another(field, field.GetValue(options)));

        Assert.Equal(s_apart.Contains(name), Of(s_inputs, options) == Of(s_inputs, s_options));
    }

    [Fact]
    public void Of_OtherInputs_Differs()
    {
        var (one, two) = (s_inputs.Objects[0], s_inputs.Objects[1]);
        ImplantationInputs[] inputs =
        [
            s_inputs,
            s_inputs with
            {
                Photo = [1, 2, 4],
            },
            s_inputs with
            {
                Objects = [one with { Mask = [4, 6] }, two],
            },
            s_inputs with
            {
                Objects = [one with { Mask = two.Mask }, two with { Mask = one.Mask }],
            },
            s_inputs with
            {
                Objects = [one with { Class = "fox" }, two],
            },
            s_inputs with
            {
                Objects = [one with { Token = "<fox>" }, two],
            },
            s_inputs with
            {
                Objects = [two, one],
            },
            s_inputs with
            {
                Objects = [one],
            },
        ];
        Assert.Distinct(inputs.Select(input => Of(input, s_options)));
    }

    [Fact]
    public void Of_AnotherModelOrPrecision_Differs() =>
        Assert.Distinct([Of(s_inputs, s_options), Fingerprint.Of(s_inputs, s_options, "n", "Float32"), Fingerprint.Of(s_inputs, s_options, "m", "BFloat16")]);

    private static string Of(ImplantationInputs inputs, ImplantationOptions options) => Fingerprint.Of(inputs, options, "m", "Float32");

    private static object Another(PropertyInfo field, object? value) =>
        value switch
        {
            null when field.PropertyType == typeof(double?) => 0.25,
            bool it => !it,
            int it => it + 1,
            long it => it + 1,
            double it => it + 0.25,
            string it => it + "x",
            Enum it => Enum.GetValues(it.GetType()).Cast<object>().First(other => !other.Equals(it)),
            PrototypeOptions it => it with { Steps = it.Steps + 1 },
            ObjectiveOptions it => it with { ClassLossAlpha = it.ClassLossAlpha + 1 },
            IReadOnlyList<string> => new[] { "another" },
            _ => throw new InvalidOperationException($"{field.Name} has no other value here; add one."),
        };
}
