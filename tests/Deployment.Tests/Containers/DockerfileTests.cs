using System.Text.RegularExpressions;
using System.Xml.Linq;
using OrleansOneShot.Deployment.Tests.Support;

namespace OrleansOneShot.Deployment.Tests.Containers;

/// <summary>The images fit the chart and the program; build/container-check runs the steps themselves.</summary>
public sealed partial class DockerfileTests
{
    private static readonly string[] s_lines =
    [
        .. File.ReadAllText(Repository.PathOf("Dockerfile")).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'),
    ];

    [Fact]
    public void Stages_AreThere_AndTheSmallOneIsTheDefault() =>
        Assert.Equal(["source", "build-cpu", "build-cuda", "cuda", "cpu"], Values("FROM").Select(value => value.Split(" AS ")[1]));

    [Fact]
    public async Task User_AndPorts_AreThoseOfThePods()
    {
        var rendering = await Rendering.OfAsync("small-values.yaml");
        var control = rendering.Silos.Single(silo => silo.Labels["app.kubernetes.io/component"] == "control");
        var pod = control.Pod.Spec.SecurityContext;

        Assert.Equal([$"{pod.RunAsUser}:{pod.RunAsGroup}", $"{pod.RunAsUser}:{pod.RunAsGroup}"], Values("USER"));
        Assert.All(
            Values("EXPOSE"),
            ports =>
                Assert.Equal(control.Container.Ports.Select(port => port.ContainerPort).Order(), ports.Split(' ').Select(port => int.Parse(port, null)).Order())
        );
        Assert.Contains($"ENV ONESHOT_DATA={control.Variable("ONESHOT_DATA")}", s_lines);
    }

    [Fact]
    public async Task Health_AsksWhatTheProgramAnswers()
    {
        var script = await File.ReadAllTextAsync(Repository.PathOf("build", "container", "health"), TestContext.Current.CancellationToken);
        var path = Path().Match(script).Groups[1].Value;

        Assert.Contains(await ProgramFacts.StatusOfAsync(path), (int[])[200, 503]);
        Assert.All(Values("HEALTHCHECK"), value => Assert.EndsWith("CMD [\"/app/container/health\"]", value, StringComparison.Ordinal));
    }

    [Fact]
    public void Steps_AreScripts_WhichAreThere()
    {
        var steps = Values("RUN")
            .Select(value => Mount().Replace(value, "").Split(' ')[0].Replace("/app/container", "build/container", StringComparison.Ordinal));

        Assert.All(steps, step => Assert.True(File.Exists(Repository.PathOf(step)), $"{step} is not there."));
        Assert.Superset(new HashSet<string> { "build/container/publish", "build/container/system", "build/container/self-check" }, steps.ToHashSet());
    }

    [Fact]
    public async Task Samples_OfTheTest_AreInTheImage()
    {
        var rendering = await Rendering.OfAsync("small-values.yaml");
        var test = rendering.Workloads.Single(workload => workload.Labels["app.kubernetes.io/component"] == "test");
        var publish = await File.ReadAllTextAsync(Repository.PathOf("build", "container", "publish"), TestContext.Current.CancellationToken);

        var needed = test.Container.Args.Where(argument => argument.StartsWith("/app/", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, needed.Count);
        Assert.All(needed, file => Assert.Contains($"$root/{file["/app/".Length..]}\"", publish, StringComparison.Ordinal));
    }

    [Fact]
    public void Version_IsThatOfTheProgram()
    {
        var version = XDocument.Load(Repository.PathOf("Directory.Build.props")).Descendants("Version").Single().Value;

        Assert.Equal([$"VERSION={version}", $"VERSION={version}"], Values("ARG").Where(value => value.StartsWith("VERSION", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Values(string instruction) =>
        s_lines.Where(line => line.StartsWith(instruction + " ", StringComparison.Ordinal)).Select(line => line[(instruction.Length + 1)..].Trim());

    [GeneratedRegex("GET ([^ ]+) HTTP")]
    private static partial Regex Path();

    [GeneratedRegex("^--mount=[^ ]+ ")]
    private static partial Regex Mount();
}
