namespace OrleansOneShot.TestKit.Servers;

/// <summary>Programs on the machine.</summary>
public static class Executables
{
    /// <summary>Whether a program is on the path.</summary>
    /// <param name="name">Its name.</param>
    public static bool Exist(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name)));
}
