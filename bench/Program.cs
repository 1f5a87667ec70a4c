using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OrleansOneShot.Bench;
using OrleansOneShot.Bench.Datasets;
using OrleansOneShot.Bench.FanOut;
using OrleansOneShot.Bench.Http;
using OrleansOneShot.Bench.Masks;
using OrleansOneShot.Bench.Quality;
using OrleansOneShot.Bench.Queue;
using OrleansOneShot.Bench.Slots;
using OrleansOneShot.Bench.Telemetry;
using OrleansOneShot.Bench.Weights;

var caseOption = new Option<string?>("--case") { Description = "Only this case: " + string.Join(", ", BenchCases.Names) };
caseOption.AcceptOnlyFromAmong([.. BenchCases.Names]);
var precisionOption = new Option<string?>("--dtype") { Description = "Only this precision: fp32 or bf16" };
precisionOption.AcceptOnlyFromAmong([.. BenchCases.Precisions]);
var batchOption = new Option<int?>("--batch") { Description = "Only this batch size" };
batchOption.Validators.Add(result =>
{
    if (result.GetValue(batchOption) is < 1 or > 64)
    {
        result.AddError("--batch must be from 1 to 64.");
    }
});
var deviceOption = new Option<string>("--device") { Description = "cpu or cuda:N", DefaultValueFactory = _ => "cpu" };
var pixelsOption = new Option<int>("--pixels") { Description = "Side of the pictures, a multiple of 64", DefaultValueFactory = _ => 512 };
pixelsOption.Validators.Add(result =>
{
    if (result.GetValue(pixelsOption) is var pixels && (pixels is < 64 or > 1024 || pixels % 64 != 0))
    {
        result.AddError("--pixels must be a multiple of 64 from 64 to 1024.");
    }
});
var formatOption = new Option<string>("--format")
{
    Description = "json (a line a case) or table (beside the peer's figures)",
    DefaultValueFactory = _ => "table",
};
formatOption.AcceptOnlyFromAmong("json", "table");

var sd15 = new Command("sd15", "Stable Diffusion 1.5 at its real size with random weights: 512 x 512 pixels, 77 tokens, LoRA of rank 4")
{
    caseOption,
    precisionOption,
    batchOption,
    deviceOption,
    pixelsOption,
    formatOption,
};
sd15.SetAction(parsed =>
{
    var asJson = parsed.GetValue(formatOption) == "json";
    if (!asJson)
    {
        Console.WriteLine("case        dtype  batch   seconds   GFLOPS   s x GFLOPS    peer   ratio   peak GiB    peer   ratio");
    }

    foreach (var wanted in BenchCases.Select(parsed.GetValue(caseOption), parsed.GetValue(precisionOption), parsed.GetValue(batchOption)))
    {
        var there = wanted with { Device = parsed.GetValue(deviceOption)!, Pixels = parsed.GetValue(pixelsOption) };
        var result = CaseProcess.Run(there);
        Console.WriteLine(asJson ? JsonSerializer.Serialize(result) : Row(result, BenchCases.PeerOf(there)));
    }
});

// What the processes of the cases run; not for people.
var nameArgument = new Argument<string>("case");
var precisionArgument = new Argument<string>("dtype");
var batchArgument = new Argument<int>("batch");
var deviceArgument = new Argument<string>("device");
var pixelsArgument = new Argument<int>("pixels");
var one = new Command("one") { nameArgument, precisionArgument, batchArgument, deviceArgument, pixelsArgument };
one.Hidden = true;
one.SetAction(parsed =>
{
    var wanted = new BenchCase(parsed.GetValue(nameArgument)!, parsed.GetValue(precisionArgument)!, parsed.GetValue(batchArgument))
    {
        Device = parsed.GetValue(deviceArgument)!,
        Pixels = parsed.GetValue(pixelsArgument),
    };
    var result = CaseRunner.Run(wanted);
    Console.WriteLine(JsonSerializer.Serialize(result));
});

return new RootCommand("Measures the models and the training step")
{
    sd15,
    QualityCommand.Create(),
    MasksCommand.Create(),
    FanOutCommand.Create(),
    FanOutCommand.CreateSilo(),
    QueueCommand.Create(),
    DatasetCommand.Create(),
    QueueCommand.CreateSilo(),
    HttpCommand.Create(),
    HttpCommand.CreateServer(),
    HttpCommand.CreateWatchers(),
    SlotsCommand.Create(),
    TelemetryCommand.Create(),
    CompareCommand.Create(),
    one,
}
    .Parse(args)
    .Invoke();

static string Row(BenchResult result, PeerFigure? peer)
{
    var product = result.Seconds * result.GemmGflops;
    var time = peer is null ? string.Empty : FormattableString.Invariant($"{peer.SecondsTimesGflops,8:F0}{product / peer.SecondsTimesGflops,8:F2}");
    var memory = peer?.PeakGb is { } gb ? FormattableString.Invariant($"{gb,8:F1}{result.PeakGb / gb,8:F2}") : string.Empty;
    return string.Create(
        CultureInfo.InvariantCulture,
        $"{result.Case,-12}{result.Precision,-7}{result.Batch,5}{result.Seconds,10:F2}{result.GemmGflops,9:F0}"
            + $"{product,13:F0}{time,16}{result.PeakGb,11:F2}{memory}"
    );
}
