using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Silo.Engine;

/// <summary>A request's options for a model and a device.</summary>
public static class ImplantationOptionsResolver
{
    /// <summary>The options of a request for a model.</summary>
    /// <param name="request">The request, whose ranges were checked when it was submitted.</param>
    /// <param name="folder">The base model.</param>
    /// <param name="device">The device that it is bound to, "cpu" or "cuda:N"; null: the request says which.</param>
    /// <returns>All options.</returns>
    /// <exception cref="InvalidInputException">An option doesn't fit the model.</exception>
    public static ImplantationOptions Resolve(ImplantationRequest request, ModelFolder folder, string? device = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(folder);
        var options = ImplantationOptions.Resolve(request.Name, request.Seed, request.Method, request.Training, request.Samples, folder.Defaults);
        var (resolution, factor) = (options.Resolution, folder.Vae.Factor);
        return resolution < factor || resolution % factor != 0
            ? throw new InvalidInputException(
                $"The resolution {resolution} must be a multiple of {factor}, the VAE's factor.",
                "resolution",
                $"Use {Math.Max(1, resolution / factor) * factor}."
            )
            : options with
            {
                Device = TorchDevices.Resolve(device ?? options.Device),
            };
    }
}
