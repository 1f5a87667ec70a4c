using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.App.Systems;
using OrleansOneShot.Storage;

CreationMask.Restrict();
ProcessSystem.Current.PrepareConsole();
return ProcessEnd.With(await OneShotApp.RunAsync(args, CliStreams.System()));
