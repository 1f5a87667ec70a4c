using System.Runtime.CompilerServices;
using OrleansOneShot.Compute.Masks;

namespace OrleansOneShot.TestKit.Models.Masks;

/// <summary>A test that needs OpenCV's native library: skipped with a reason where it can't be loaded, unless ONESHOT_REQUIRE_SERVERS is 1.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OpenCvFactAttribute : FactAttribute
{
    /// <summary>Looks whether OpenCV is there.</summary>
    /// <param name="sourceFilePath">The test's file.</param>
    /// <param name="sourceLineNumber">Its line there.</param>
    public OpenCvFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        if (!OpenCvRuntime.IsAvailable && Environment.GetEnvironmentVariable("ONESHOT_REQUIRE_SERVERS") != "1")
        {
            Skip = "OpenCV can't be loaded; install libgtk-3-0, libdrm2 and libatomic1.";
        }
    }
}
