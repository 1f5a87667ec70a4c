using System.Runtime.CompilerServices;
using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Compute.Tests;

internal static class Assembly
{
    // Tests may use libtorch before anything of the program has loaded it as the program does.
    [ModuleInitializer]
    internal static void Load() => TorchRuntime.Initialise();
}
