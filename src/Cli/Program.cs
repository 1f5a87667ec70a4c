using OrleansOneShot.Cli.App;
using OrleansOneShot.Silo.Hosting;

CreationMask.Restrict();
return ProcessEnd.With(await OneShotApp.RunAsync(args, CliStreams.System()));
