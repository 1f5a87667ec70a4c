using OrleansOneShot.Cli.App;
using OrleansOneShot.Silo.Hosting;

CreationMask.Restrict();
return await OneShotApp.RunAsync(args, CliStreams.System());
