using System.CommandLine;
using OrleansOneShot.Fuzz;
using OrleansOneShot.Fuzz.Http;
using OrleansOneShot.Fuzz.Readers;

var seed = new Option<int>("--seed") { Description = "Of the inputs: the same seed gives the same ones", DefaultValueFactory = _ => 1 };
var inputs = new Option<long>("--inputs") { Description = "How many inputs at most; kinds take turns", DefaultValueFactory = _ => long.MaxValue };
var seconds = new Option<double>("--seconds") { Description = "How long at most", DefaultValueFactory = _ => 60 };
var kinds = new Option<string>("--kinds")
{
    Description = "Kinds of inputs, with commas between them",
    DefaultValueFactory = _ => string.Join(',', AllReaders.Kinds.Select(known => known.Kind)),
};
var folder = new Option<string>("--out")
{
    Description = "Where findings go",
    DefaultValueFactory = _ => Directory.CreateTempSubdirectory("oneshot-fuzz-found-").FullName,
};
var from = new Option<long>("--from") { Description = "Number of the first input" };
var worker = new Option<bool>("--worker") { Description = "Reads the inputs itself instead of in a process of its own", Hidden = true };
var replay = new Option<string[]>("--replay")
{
    Description = "Reads one file: KIND FILE",
    Arity = new ArgumentArity(2, 2),
    AllowMultipleArgumentsPerToken = true,
};
var http = new Option<bool>("--http") { Description = "Sends changed requests to a server instead; as many as --inputs" };
var command = new RootCommand(
    "Reads changed inputs of every kind. Exit: 0 nothing was found; 1 an exception that no reader documents, a crash, or too much time or memory, or less "
        + "than half of the inputs got past the first check."
)
{
    seed,
    inputs,
    seconds,
    kinds,
    folder,
    from,
    worker,
    replay,
    http,
};
command.SetAction(
    async (parsed, _) =>
    {
        if (parsed.GetValue(http))
        {
            return await HttpFuzz.RunAsync(parsed.GetValue(seed), Math.Min(parsed.GetValue(inputs), 1_000_000));
        }

        if (parsed.GetValue(replay) is [var kind, var file])
        {
            using var folders = new Folders();
            var reader = AllReaders.Create(kind, folders);
            try
            {
                reader.Read(await File.ReadAllBytesAsync(file, CancellationToken.None));
                Console.WriteLine("taken");
                return 0;
            }
            catch (Exception e)
            {
                Console.WriteLine(reader.Documents(e) ? $"refused: {e.Message}" : $"found: {e}");
                return reader.Documents(e) ? 0 : 1;
            }
        }

        var until = DateTime.UtcNow.AddSeconds(parsed.GetValue(seconds));
        var setting = new FuzzSetting(
            parsed.GetValue(seed),
            parsed.GetValue(inputs),
            until,
            parsed.GetValue(kinds)!.Split(','),
            Directory.CreateDirectory(parsed.GetValue(folder)!).FullName,
            parsed.GetValue(from)
        );
        if (!parsed.GetValue(worker))
        {
            return await new Supervisor(setting).RunAsync();
        }

        using var work = new Worker(setting);
        work.Run();
        return 0;
    }
);
return await command.Parse(args).InvokeAsync();
