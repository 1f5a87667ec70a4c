using OrleansOneShot.Cli.App;

return await OneShotApp.RunAsync(args, CliStreams.System());
