using System.Net;
using System.Text.Json.Nodes;
using OrleansOneShot.Client.Generations;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Client.Tests.Support;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Client.Tests.Generations;

/// <summary>What is sent when pictures are asked for.</summary>
public sealed class DrawingTests
{
    private static readonly GenerationStatus s_status = new()
    {
        Id = "g-1",
        State = JobState.Queued,
        Request = new GenerationRequest
        {
            Model = new ModelReference { Name = "toyworld-64" },
            Prompts = ["a <cat>"],
        },
        Created = DateTimeOffset.UnixEpoch,
    };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Generate_WithAnImplantation_TakesItsModel_UnderOneKey()
    {
        var trained = Answers.Status with { Request = Answers.Request with { Model = new ModelReference { Name = "sd15" } } };
        var server = new ScriptedServer(() => Answers.Document(trained), Answers.Broken, () => Answers.Document(s_status, HttpStatusCode.Created));
        await using var client = Connect(server);

        var job = await client.GenerateAsync(
            new Generation("a <cat>", "a <cat> at sea") { Implantations = [new ImplantationReference { Id = "job-1" }], Seed = 7 },
            Stop
        );

        Assert.Equal("g-1", job.Id);
        Assert.Equal(["GET /v1/implantations/job-1", "POST /v1/generations", "POST /v1/generations"], server.Calls.Select(call => call.ToString()));
        Assert.Single(server.Calls.Skip(1).Select(call => call.Headers["Idempotency-Key"]).Distinct());
        var body = JsonNode.Parse(server.Calls[^1].Body)!;
        Assert.Equal(("sd15", 2, 7L), ((string?)body["model"]!["name"], body["prompts"]!.AsArray().Count, (long)body["seed"]!));
    }

    [Fact]
    public async Task Generate_WithAModel_AsksNothingElse()
    {
        var server = new ScriptedServer(() => Answers.Document(s_status, HttpStatusCode.Created));
        await using var client = Connect(server);

        await client.GenerateAsync(
            new Generation("a <cat>")
            {
                Model = "sd15",
                Implantations = [new ImplantationReference { Id = "job-1" }],
                IdempotencyKey = "mine",
            },
            Stop
        );

        Assert.Equal("mine", Assert.Single(server.Calls).Headers["Idempotency-Key"]);
    }

    [Fact]
    public async Task Generate_OfFieldsThatCantBe_IsRefusedWithAllOfThem_BeforeAnyCall()
    {
        await using var client = Connect(new ScriptedServer());
        var wrong = new Generation { Implantations = [new ImplantationReference { Id = "job-1" }], Priority = 1000 };

        var refused = await Assert.ThrowsAsync<OneShotException>(() => client.GenerateAsync(wrong, Stop));

        Assert.Equal(["priority", "prompts"], refused.Fields.Select(field => field.Pointer));
    }

    [Fact]
    public async Task Handle_OfATest_CanBeDerivedFrom()
    {
        var handle = new Told();

        Assert.Equal("mine", (await handle.GetStatusAsync(Stop)).Id);
        await Assert.ThrowsAsync<NotSupportedException>(() => handle.CancelAsync(Stop));
    }

    private static IOneShotClient Connect(ScriptedServer server) =>
        OneShotClient.Connect(ScriptedServer.Address, new OneShotClientOptions { Handler = server, TimeProvider = new PassingClock() });

    private sealed class Told() : GenerationHandle("mine")
    {
        public override Task<GenerationStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Task.FromResult(s_status with { Id = Id });
    }
}
