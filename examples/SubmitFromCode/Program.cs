// Submits a photo to a server, follows the training and downloads the result:
//   dotnet run -- http://127.0.0.1:8080 samples/cat.png samples/cat-mask.png cat out/cat [STEPS]
// The file that holds the key is named by ONESHOT_KEY_FILE; a server without keys needs none.
using System.Globalization;
using OrleansOneShot.Client;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Recipe;

if (args is not [var server, var image, var mask, var name, var folder, .. var rest])
{
    Console.Error.WriteLine("Use: SubmitFromCode SERVER IMAGE MASK CLASS FOLDER [STEPS]");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
try
{
    var options = new OneShotClientOptions { KeyFile = Environment.GetEnvironmentVariable("ONESHOT_KEY_FILE") };
    await using var client = OneShotClient.Connect(new Uri(server), options);
    var implantation = new Implantation(image)
    {
        Objects = [new ImplantationObject(name, mask)],
        Training = new TrainingOptions { Steps = rest is [var steps] ? int.Parse(steps, CultureInfo.InvariantCulture) : null },
    };
    var job = await client.ImplantAsync(implantation, cancellationToken: stop.Token);
    Console.WriteLine($"Job {job.Id}");
    await foreach (var progress in job.WatchAsync(cancellationToken: stop.Token))
    {
        Console.WriteLine($"{progress.Stage} {progress.Step}/{progress.Steps} {progress.Losses?.Global:0.000} {progress.Message}");
    }

    var result = await job.GetResultAsync(stop.Token);
    await result.DownloadAsync(folder, cancellationToken: stop.Token);
    Console.WriteLine($"{result.Files.Length} files in {folder}, like the photo by {result.Metrics?.Ia:0.00}");
    return 0;
}
catch (OneShotException e)
{
    Console.Error.WriteLine($"{e.Message} {e.Detail.Hint}");
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Stopped looking; the job goes on.");
    return 130;
}
