using System.CommandLine;
using System.Text;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;
using OrleansOneShot.Silo.Engine;

namespace OrleansOneShot.Cli.Tests.Options;

/// <summary>The command that a report shows asks for what was asked for.</summary>
public sealed class ImplantCommandLineTests
{
    private static readonly ImplantationRequest s_request = new()
    {
        Name = "cat",
        Image = new string('a', 64),
        Objects =
        [
            new ObjectSpec
            {
                Class = "cat",
                Token = "<cat>",
                Mask = new string('b', 64),
            },
        ],
        Model = new ModelReference { Name = "toyworld-64" },
    };

    private static readonly ImplantationRequest[] s_requests =
    [
        s_request,
        .. OtherSetting.All<TrainingOptions>().Select(other => s_request with { Training = other.In<TrainingOptions>() }),
        .. OtherSetting.All<MethodOptions>().Select(other => s_request with { Method = other.In<MethodOptions>() }),
        .. OtherSetting.All<SampleOptions>().Select(other => s_request with { Samples = other.In<SampleOptions>() }),
        .. Enum.GetValues<MoreLoraTargets>().Select(more => s_request with { Training = new TrainingOptions { MoreTargets = more } }),
        s_request with
        {
            Training = new TrainingOptions
            {
                FanOut = new FanOutOptions { Mode = FanOutMode.Local },
                LearningRate = 1e-7,
            },
        },
        s_request with
        {
            Training = new TrainingOptions { PreviewEvery = 0 },
        },
        s_request with
        {
            Samples = new SampleOptions { Prompts = ["it's a \"<cat>\" $(id) `id` \\ !", "", "-k", "--steps", "-- <cat>"] },
        },
    ];

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, s_requests.Length)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Of_Request_IsReadBackAsTheSame(int row)
    {
        var request = s_requests[row];
        var (options, parsed) = Parse(ImplantCommandLine.Of(request, Precision.Bf16).Text);

        Assert.Equal(request.Training with { Precision = Precision.Bf16 }, options.Training.Read(parsed));
        Assert.Equal(request.Method, options.Method.Read(parsed));
        var samples = options.Samples.Read(parsed);
        Assert.Equal(request.Samples.Prompts.AsEnumerable(), samples.Prompts);
        Assert.Equal(request.Samples with { Prompts = [] }, samples with { Prompts = [] });
    }

    [Fact]
    public void Of_NamesAndFiles_AreAllThere()
    {
        var command = ImplantCommandLine.Of(
            s_request with
            {
                Name = "tom",
                Seed = 9,
                Model = new ModelReference { Name = "sd15", Clip = "clip-l14" },
                Objects = [s_request.Objects[0] with { Class = "teddy bear", Token = "<ted>" }],
            },
            Precision.Fp32
        );

        Assert.Equal(
            "oneshot implant --image photo.png --mask mask.png --class 'teddy bear' --token '<ted>' --model sd15 --clip clip-l14 --name tom --seed 9 "
                + "--precision fp32 --out out",
            command.Text
        );
        Assert.Equal([("photo.png", new string('a', 64)), ("mask.png", new string('b', 64))], command.Files.Select(file => (file.Name, file.Sha256)));
    }

    [Fact]
    public void Of_NoPreviews_SaysSoByItsWord() =>
        Assert.Contains(
            " --preview-every off ",
            ImplantCommandLine.Of(s_request with { Training = new TrainingOptions { PreviewEvery = 0 } }, Precision.Fp32).Text,
            StringComparison.Ordinal
        );

    [Fact]
    public void Of_SeveralObjects_AreReadBack()
    {
        var request = s_request with { Objects = [s_request.Objects[0], s_request.Objects[0] with { Class = "teddy bear", Token = "<ted>" }] };
        var command = ImplantCommandLine.Of(request, Precision.Fp32);
        var (options, parsed) = Parse(command.Text);

        var objects = parsed.GetValue(options.Object)!.Select(ObjectArgument.Parse).ToList();
        Assert.Equal([("cat", "<cat>"), ("teddy bear", "<ted>")], objects.Select(o => (o.Class, o.Token)));
        Assert.Equal(command.Files.Skip(1).Select(file => file.Name), objects.Select(o => o.Mask));
    }

    private static (ImplantOptions Options, ParseResult Parsed) Parse(string text)
    {
        var options = new ImplantOptions();
        var command = new Command("implant");
        options.AddTo(command);
        var parsed = command.Parse([.. Split(text).Skip(2)]);
        Assert.Empty(parsed.Errors);
        return (options, parsed);
    }

    /// <summary>Takes a line apart as a POSIX shell does, as far as such lines need it: spaces, single quotes, a backslash.</summary>
    private static List<string> Split(string line)
    {
        List<string> words = [];
        var word = new StringBuilder();
        var isQuoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '\'')
            {
                isQuoted = !isQuoted;
            }
            else if (!isQuoted && line[i] == ' ')
            {
                words.Add(word.ToString());
                word.Clear();
            }
            else
            {
                word.Append(!isQuoted && line[i] == '\\' ? line[++i] : line[i]);
            }
        }

        Assert.False(isQuoted);
        return [.. words, word.ToString()];
    }
}
