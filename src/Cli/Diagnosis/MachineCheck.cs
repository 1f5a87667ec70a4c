using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;

namespace OrleansOneShot.Cli.Diagnosis;

/// <summary>Processor, memory, and the library that decodes pictures.</summary>
internal static class MachineCheck
{
    /// <summary>Cores and the vector instructions that the method profits from.</summary>
    /// <returns>The check; never a problem.</returns>
    public static CheckDocument Processor() =>
        Check.Run(
            "processor",
            () =>
            {
                (string Name, bool IsThere)[] known = [("AVX2", Avx2.IsSupported), ("AVX-512", Avx512F.IsSupported), ("NEON", AdvSimd.IsSupported)];
                string[] features = [.. known.Where(feature => feature.IsThere).Select(feature => feature.Name)];
                var vectors = features.Length > 0 ? string.Join(", ", features) : "no wide vector instructions: slow";
                return $"{RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} logical processors, {vectors}";
            }
        );

    /// <summary>Memory that the process may use.</summary>
    /// <returns>The check; never a problem.</returns>
    public static CheckDocument Memory() =>
        Check.Run(
            "memory",
            () => string.Create(CultureInfo.InvariantCulture, $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30):0.0} GiB")
        );

    /// <summary>Encodes a picture and decodes it again.</summary>
    /// <returns>The check.</returns>
    public static CheckDocument Images() =>
        Check.Run(
            "pictures",
            () =>
            {
                var picture = ImageReader.Read(PngWriter.Encode(new RgbImage(2, 2, new byte[12])), "a test picture");
                return picture is { Width: 2, Height: 2 }
                    ? "PNG written and read"
                    : throw new InvalidOperationException("A test picture came back with another size.");
            }
        );

    /// <summary>The library that makes masks from boxes and points. Without it all else works, so its absence is said and is no problem.</summary>
    /// <returns>The check; never a problem.</returns>
    public static CheckDocument Masks() =>
        Check.Run(
            "masks",
            () =>
                OpenCvRuntime.IsAvailable
                    ? $"OpenCV {OpenCvRuntime.Version}"
                    : $"OpenCV can't be loaded, so masks come from files or "
                        + $"SAM{(OperatingSystem.IsLinux() ? "; for GrabCut: apt-get install libgtk-3-0 libdrm2 libatomic1" : "")}"
        );
}
