using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Client.Models;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>Makes sure that a job's silos can have its model.</summary>
internal static class ClusterModels
{
    /// <summary>Names a job's models so that the silos of its cluster find them: those that the client alone has are sent first, once.</summary>
    /// <param name="context">The command.</param>
    /// <param name="session">Where the job goes.</param>
    /// <param name="model">The models.</param>
    /// <returns>Their names. Where silos share the client's data folder, and for models that came with the program, these are the client's own.</returns>
    /// <exception cref="OneShotException">A model can't be sent.</exception>
    public static async Task<ModelReference> NameAsync(CommandContext context, JobSession session, ModelChoice model) =>
        session.Target.SharesFolder
            ? new ModelReference { Name = model.Entry.Name, Clip = model.Clip?.Name }
            : new ModelReference
            {
                Name = await NameAsync(context, session.Store, model.Entry),
                Clip = model.Clip is { } clip ? await NameAsync(context, session.Store, clip) : null,
            };

    private static async Task<string> NameAsync(CommandContext context, IArtifactStore store, ModelEntry entry)
    {
        var model = new LocalModel(entry);
        var name = await new ModelTransfer(store).NameAsync(model, new PullDisplay(context.Streams, $"Sending {model.Title}: "), context.Interrupt);
        if (name != entry.Name)
        {
            context.Say($"The cluster knows the model as {name}.");
        }

        return name;
    }
}
