using System.Text;
using System.Text.Json;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Documents.Tests.Requests;

public sealed class GenerationValidatorTests
{
    private static readonly GenerationRequest s_good = new()
    {
        Model = new ModelReference { Name = "toyworld-64" },
        Prompts = ["a <cat>"],
    };

    public static TheoryData<string, string, string> Refused =>
        new()
        {
            { """{"name":"a/b"}""", "name", "name is 'a/b'; use 1 to 64 letters, digits, '-', '_' or '.', and begin with a letter or a digit." },
            { """{"priority":101}""", "priority", "priority is 101; it must be from -100 to 100." },
            { """{"seed":-1}""", "seed", "seed is -1; it must be from 0 to 9223372036854775807." },
            { """{"model":{"name":"/etc"}}""", "model.name", "model.name is '/etc'; it must be the name of a base model, not a path." },
            { """{"model":{"name":"m","clip":"c"}}""", "model.clip", "model.clip measures what was learned, and a generation measures nothing; leave it out." },
            {
                """{"implantations":[{"id":"../x"}]}""",
                "implantations[0].id",
                "implantations[0].id is '../x'; it must be the id of an implantation that has succeeded."
            },
            {
                """{"implantations":[{"id":"x"},{"id":"x"}]}""",
                "implantations[1].id",
                "implantations[1].id is x, which stands before already; name each implantation once."
            },
            { """{"implantations":[{"id":"x","scale":-101}]}""", "implantations[0].scale", "implantations[0].scale is -101; it must be from -100 to 100." },
            { """{"implantations":[{"id":"x","scale":"NaN"}]}""", "implantations[0].scale", "implantations[0].scale is NaN; it must be from -100 to 100." },
            { """{"prompts":[]}""", "prompts", "prompts is empty; say what the pictures show in at least one." },
            { """{"per_prompt":0}""", "per_prompt", "per_prompt is 0; ask for 1 picture or more of each prompt." },
            { """{"per_prompt":65}""", "per_prompt", "per_prompt is 65; it must be from 0 to 64." },
            { """{"scheduler":"magic"}""", "scheduler", "scheduler is 'magic'; use one of dpm++, ddim, euler, pndm." },
            { """{"steps":1001}""", "steps", "steps is 1001; it must be from 1 to 1000." },
            { """{"guidance_scale":0.5}""", "guidance_scale", "guidance_scale is 0.5; it must be from 1 to 100." },
            {
                """{"metadata":{"a b":"c"}}""",
                "metadata",
                "metadata has the key 'a b'; use 1 to 64 letters, digits, '-', '_' or '.', and begin with a letter or a digit."
            },
        };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Require_WhatCanNotBe_IsRefusedBySentenceAndField(string change, string field, string sentence)
    {
        var error = Assert.Throws<OneShotException>(() => GenerationValidator.Require(With(change)));
        Assert.Equal(new ErrorDetail(ErrorCodes.InvalidInput, sentence, field), error.Detail);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"priority":-100,"seed":9223372036854775807,"per_prompt":64,"steps":1,"guidance_scale":1,"negative_prompt":"blurred"}""")]
    [InlineData("""{"implantations":[{"id":"x"},{"id":"y","scale":100},{"id":"z","scale":-100}],"scheduler":"pndm","metadata":{"run":"7"}}""")]
    [InlineData("""{"prompts":[""]}""")]
    public void Require_WhatCanBe_IsAccepted(string change) => GenerationValidator.Require(With(change));

    [Fact]
    public void Require_MostOfEach_IsAcceptedAndOneMoreIsNot()
    {
        var prompts = Enumerable.Repeat("a", 16).ToList();
        var ids = Enumerable.Range(0, GenerationRequest.MostImplantations + 1).Select(i => new ImplantationReference { Id = $"i{i}" }).ToList();

        GenerationValidator.Require(s_good with { Prompts = [.. prompts], PerPrompt = 64, Implantations = [.. ids.Skip(1)] });

        Assert.Equal("per_prompt", Field(s_good with { Prompts = [.. prompts, "a"], PerPrompt = 64 }));
        Assert.Equal("implantations", Field(s_good with { Implantations = [.. ids] }));
        Assert.Equal("negative_prompt", Field(s_good with { NegativePrompt = new string('a', 1001) }));
        Assert.Equal("prompts[0]", Field(s_good with { Prompts = [new string('a', 1001)] }));
        Assert.Equal("prompts", Field(s_good with { Prompts = default }));
        Assert.Equal("implantations", Field(s_good with { Implantations = default }));
        Assert.Equal("negative_prompt", Field(s_good with { NegativePrompt = null! }));
        Assert.Equal("model.name", Field(s_good with { Model = null! }));
        Assert.Equal("implantations[0]", Field(s_good with { Implantations = [null!] }));
    }

    [Fact]
    public void Json_RoundTrip_IsTheSame()
    {
        var request = s_good with
        {
            Implantations = [new ImplantationReference { Id = "x", Scale = 0.5 }],
            Steps = 7,
            Metadata = new Dictionary<string, string> { ["run"] = "7" },
        };

        var back = RequestJson.ReadGeneration(Encoding.UTF8.GetBytes(RequestJson.Write(request)));

        Assert.Equivalent(request, back, strict: true);
        Assert.Equal(RequestJson.Write(request), RequestJson.Write(back));
    }

    [Fact]
    public void Kind_OfAnImplantation_IsLeftOutOfItsLine()
    {
        var line = new JobSummary
        {
            Id = "j",
            State = JobState.Queued,
            Created = default,
            Owner = "ann",
            Name = "n",
        };
        Assert.DoesNotContain("kind", JsonSerializer.Serialize(line, DocumentJson.Options), StringComparison.Ordinal);
        Assert.Contains(
            "\"kind\":\"generation\"",
            JsonSerializer.Serialize(line with { Kind = JobKind.Generation }, DocumentJson.Options),
            StringComparison.Ordinal
        );
    }

    private static string? Field(GenerationRequest request) => Assert.Throws<OneShotException>(() => GenerationValidator.Require(request)).Detail.Field;

    /// <summary>The good request with the fields of a document.</summary>
    private static GenerationRequest With(string change)
    {
        var document = JsonSerializer.SerializeToNode(s_good, DocumentJson.Options)!.AsObject();
        foreach (var (name, value) in JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(change)!)
        {
            document[name] = System.Text.Json.Nodes.JsonNode.Parse(value.GetRawText());
        }

        return JsonSerializer.Deserialize<GenerationRequest>(document, DocumentJson.Options)!;
    }
}
