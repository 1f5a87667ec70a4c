using System.Globalization;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Torch;

/// <summary>Devices by the names of the command line.</summary>
public static class TorchDevices
{
    /// <summary>The CUDA devices that libtorch sees.</summary>
    /// <returns>"cuda:0" and so on, each with its total memory in bytes (0: not known); none where there is no CUDA, or no libtorch.</returns>
    public static IReadOnlyList<(string Name, long MemoryBytes)> Gpus()
    {
        try
        {
            TorchRuntime.Initialise();
            return cuda.is_available()
                ?
                [
                    .. Enumerable
                        .Range(0, cuda.device_count())
                        .Select(index => (string.Create(CultureInfo.InvariantCulture, $"cuda:{index}"), CudaMemory.Read(index)?.Total ?? 0)),
                ]
                : [];
        }
        catch (Exception e) when (e is DllNotFoundException or NotSupportedException or TypeInitializationException)
        {
            // Whoever computes is told why; a silo that is asked what it has must not fail for it.
            return [];
        }
    }

    /// <summary>The number of a CUDA device.</summary>
    /// <param name="device">"cpu" or "cuda:N".</param>
    /// <returns>N; null for the processor.</returns>
    public static int? IndexOf(string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.StartsWith("cuda:", StringComparison.Ordinal) ? int.Parse(device.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture) : null;
    }

    /// <summary>Turns "auto" into the best device there is, and checks that the others exist.</summary>
    /// <param name="name">"auto", "cpu" or "cuda:N" ("cuda" is "cuda:0").</param>
    /// <returns>"cpu" or "cuda:N".</returns>
    /// <exception cref="InvalidInputException">Another name, or no such device.</exception>
    public static string Resolve(string name)
    {
        switch (name)
        {
            case "cpu":
                return name;
            case "auto":
                TorchRuntime.Initialise();
                return cuda.is_available() ? "cuda:0" : "cpu";
        }

        var number =
            name == "cuda" ? 0
            : name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n
            : -1;
        if (number < 0)
        {
            throw new InvalidInputException($"There is no device \"{name}\".", "device", "Use auto, cpu or cuda:N.");
        }

        TorchRuntime.Initialise();
        var devices = cuda.is_available() ? cuda.device_count() : 0;
        return number < devices
            ? string.Create(CultureInfo.InvariantCulture, $"cuda:{number}")
            : throw new InvalidInputException(
                $"The device {name} isn't there: libtorch sees {devices} CUDA devices.",
                "device",
                "Use auto or cpu, or on a machine with a GPU set ONESHOT_LIBTORCH to the folder of an installed PyTorch (oneshot doctor --find-pytorch)."
            );
    }
}
