using OrleansOneShot.Cli.App;
using OrleansOneShot.Storage;

CreationMask.Restrict();
return ProcessEnd.With(await OneShotApp.RunAsync(args, CliStreams.System()));
