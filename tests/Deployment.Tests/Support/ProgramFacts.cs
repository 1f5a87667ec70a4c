using System.CommandLine;
using System.Reflection;
using System.Text.RegularExpressions;
using OrleansOneShot.Api.Management;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Silo.Telemetry;

namespace OrleansOneShot.Deployment.Tests.Support;

/// <summary>What the program understands, asked of the program itself.</summary>
internal static partial class ProgramFacts
{
    /// <summary>The variables that it reads: constants of its code.</summary>
    public static IReadOnlySet<string> Variables { get; } =
        Directory
            .EnumerateFiles(AppContext.BaseDirectory, "OrleansOneShot.*.dll")
            .Append(Path.Combine(AppContext.BaseDirectory, "oneshot.dll"))
            .Where(file => !file.EndsWith("Tests.dll", StringComparison.Ordinal))
            .SelectMany(file => Assembly.Load(AssemblyName.GetAssemblyName(file)).GetTypes())
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(field => field.IsLiteral && field.FieldType == typeof(string))
            .Select(field => (string?)field.GetRawConstantValue())
            .OfType<string>()
            .Where(text => VariableName().IsMatch(text))
            .ToHashSet(StringComparer.Ordinal);

    /// <summary>Whether a name is one of this program's variables, which have to be known; others are the system's or the runtime's.</summary>
    /// <param name="name">The name.</param>
    public static bool IsOwn(string name) => name.StartsWith("ONESHOT_", StringComparison.Ordinal);

    /// <summary>Reads a command line.</summary>
    /// <param name="arguments">The arguments, without the program's name.</param>
    /// <returns>The command's name, and what is wrong.</returns>
    public static (string Command, IReadOnlyList<string> Errors) Parse(IEnumerable<string> arguments)
    {
        var parsed = Read(arguments);
        return (parsed.CommandResult.Command.Name, [.. parsed.Errors.Select(error => error.Message)]);
    }

    /// <summary>The values of an option.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="option">The option.</param>
    public static IReadOnlyList<string> ValuesOf(IEnumerable<string> arguments, string option)
    {
        var parsed = Read(arguments);
        var known = parsed.CommandResult.Command.Options.Single(one => one.Name == option);
        return [.. parsed.GetResult(known)?.Tokens.Select(token => token.Value) ?? []];
    }

    /// <summary>How the management listener answers, of a process that is starting.</summary>
    /// <param name="path">The path.</param>
    /// <returns>200 or 503 where there is something, else 404.</returns>
    public static async Task<int> StatusOfAsync(string path)
    {
        await using var server = await ManagementServer.StartAsync(["http://127.0.0.1:0"], PrometheusPage.AddTo, TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(server.Addresses.Single()) };
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }

    private static ParseResult Read(IEnumerable<string> arguments) =>
        OneShotApp.BuildRoot(new CliStreams(TextWriter.Null, TextWriter.Null, Interactive: false)).Parse([.. arguments]);

    [GeneratedRegex("^ONESHOT_[A-Z_]+$")]
    private static partial Regex VariableName();
}
