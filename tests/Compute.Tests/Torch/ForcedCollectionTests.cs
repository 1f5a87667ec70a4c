using System.Globalization;
using System.Security.Cryptography;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Tests.Implantation;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Torch;

[CollectionDefinition(nameof(ForcedCollectionTests), DisableParallelization = true)]
public sealed class ForcedCollectionCollection;

/// <summary>
/// What libtorch reads must live until it has come back, whenever the garbage is collected. Set ONESHOT_SOAK_STEPS for a longer run than the hundred training
/// steps here.
/// </summary>
[Collection(nameof(ForcedCollectionTests))]
public sealed class ForcedCollectionTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-collections-");
    private readonly int _threads = get_num_threads();

    // libtorch's threads spin while they wait for each other, and would wait for the collecting thread on a small machine.
    public ForcedCollectionTests() => set_num_threads(1);

    private static int Steps => int.Parse(Environment.GetEnvironmentVariable("ONESHOT_SOAK_STEPS") ?? "100", CultureInfo.InvariantCulture);

    public static TheoryData<string> Operations => [.. Calls.Keys];

    // Each as it is used, on a and b of 64 elements.
    private static Dictionary<string, Func<Tensor, Tensor, Tensor>> Calls { get; } =
        new()
        {
            ["Add"] = (a, b) => a.Add(b),
            ["Add number"] = (a, _) => a.Add(1).Add(0.5),
            ["AddInPlace"] = (a, b) => a.clone().AddInPlace(b).AddInPlace(b, 0.5).AddInPlace(0.5),
            ["Sub"] = (a, _) => a.Sub(1).Sub(0.5),
            ["RSub"] = (a, _) => a.RSub(1),
            ["Mul"] = (a, _) => a.Mul(2).Mul(0.3),
            ["MulInPlace"] = (a, _) => a.clone().MulInPlace(0.3),
            ["Div"] = (a, _) => a.Div(3).Div(0.3),
            ["DivInPlace"] = (a, _) => a.clone().DivInPlace(3).DivInPlace(0.3),
            ["Addcmul, Addcdiv"] = (a, b) => a.clone().AddcmulInPlace(a, b, 0.3).AddcdivInPlace(a, b, 0.3),
            ["Square, Pow"] = (a, _) => a.Square().Pow(3),
            ["Clamp"] = (a, _) => a.Clamp(-1, 1).Clamp(-0.5, 0.5).Clamp(max: 0),
            ["Eq, Ge, Gt"] = (a, _) => cat([a.Eq(0), a.Ge(0), a.Gt(0.5)]),
            ["Fill, Full, Arange"] = (a, _) =>
                cat([
                    a.clone().FillInPlace(0.3),
                    TensorMath.Full([4], 0.3),
                    TensorMath.Full([4], 3, ScalarType.Float32),
                    TensorMath.Arange(4, ScalarType.Float32),
                ]),
        };

    public void Dispose()
    {
        set_num_threads(_threads);
        _folder.Delete(recursive: true);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void TensorMath_WhileCollectionsAreForced_GivesTheSameBits(string operation)
    {
        const int Repetitions = 1000;
        using var scope = NewDisposeScope();
        using var random = new KeyedRandom(1, 0, RandomPurpose.Noise);
        var (a, b) = (random.Normal(64), random.Normal(64));
        var expected = Calls[operation](a, b).bytes.ToArray();
        using var collections = new ForcedCollections();
        for (var i = 0; i < Repetitions; i++)
        {
            using var inner = NewDisposeScope();
            Assert.Equal(expected, Calls[operation](a, b).bytes);
        }
    }

    [Fact]
    public void Execute_WhileCollectionsAreForced_TrainsAndDrawsTheSameBits()
    {
        var undisturbed = Run("undisturbed", out _);
        using var collections = new ForcedCollections();
        var disturbed = Run("disturbed", out var created);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Steps} steps and their samples under {collections.Count} collections");
        Assert.True(collections.Count > Steps, $"Only {collections.Count} collections in {Steps} steps.");
        Assert.Equal(undisturbed, disturbed);

        // A tensor outside every scope has nothing that keeps it alive during a native call either.
        Assert.Equal(Steps, created.Count);
        Assert.Single(created.Distinct());
    }

    private Dictionary<string, string> Run(string name, out List<long> createdOutsideScopes)
    {
        byte[] Sample(string file) => File.ReadAllBytes(Repository.Sample(file));
        var inputs = new ImplantationInputs(
            Sample("scene-fox-ball.png"),
            [
                new ImplantationObject("cat", "<cat>", Sample("scene-fox-ball-fox-mask.png")),
                new ImplantationObject("dog", "<dog>", Sample("scene-fox-ball-ball-mask.png")),
            ]
        );
        var options = new ImplantationOptions
        {
            Name = "x",
            Steps = Steps,
            Resolution = 64,
            CheckpointEvery = Steps,
            OwnViews = true,
            Precision = Precision.Fp32,
            Device = "cpu",
            Prototype = new PrototypeOptions { Steps = 10 },
            Prompts = ["a photo of <cat> and <dog>"],
            SamplesPerPrompt = 1,
            SamplingSteps = 10,
        };
        var folder = _folder.CreateSubdirectory(name).FullName;
        var created = new List<long>();
        var observer = new RecordingObserver(folder) { AfterStep = _ => created.Add(DisposeScopeManager.Statistics.CreatedOutsideScopeCount) };
        new ImplantationRun(ModelFolder.Open(Golden.PathOf("sd15-tiny")), inputs, options, observer).Execute(
            folder,
            null,
            TestContext.Current.CancellationToken
        );
        createdOutsideScopes = created;
        return Directory
            .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(folder, f), f => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f))));
    }
}
