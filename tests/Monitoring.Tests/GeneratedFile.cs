namespace OrleansOneShot.Monitoring.Tests;

/// <summary>A file of the repository that is written by code, and committed so that people can read and use it.</summary>
internal static class GeneratedFile
{
    /// <summary>Set to 1, the tests write such files instead of comparing them.</summary>
    public const string Variable = "ONESHOT_WRITE_MONITORING";

    /// <summary>Compares a file with what it should be, or writes it.</summary>
    /// <param name="content">What it should be.</param>
    /// <param name="parts">Its path from the root.</param>
    public static void Check(string content, params string[] parts)
    {
        var path = Repository.PathOf(parts);
        if (Environment.GetEnvironmentVariable(Variable) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, content);
        }

        Assert.True(File.Exists(path) && File.ReadAllText(path) == content, $"{string.Join('/', parts)} is not what the code says: run with {Variable}=1.");
    }
}
