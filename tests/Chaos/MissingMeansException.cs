using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.Chaos;

/// <summary>This machine lacks what a run needs.</summary>
/// <param name="message">What, and where to get it; one sentence.</param>
internal sealed class MissingMeansException(string message) : Exception(message)
{
    /// <summary>Looks for the servers that every run starts.</summary>
    /// <exception cref="MissingMeansException">One is missing.</exception>
    public static void ThrowIfServersAreMissing()
    {
        if (!AzuriteServer.IsInstalled)
        {
            throw new MissingMeansException(AzuriteServer.Missing);
        }

        if (!Executables.Exist("redis-server"))
        {
            throw new MissingMeansException("redis-server is not installed (apt-get install redis-server).");
        }
    }
}
