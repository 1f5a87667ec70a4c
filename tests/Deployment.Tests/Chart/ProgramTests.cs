using System.Net;
using k8s.Models;
using OrleansOneShot.Api.Hosting;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Deployment.Tests.Support;
using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Azure;
using OrleansOneShot.Storage.Files;

namespace OrleansOneShot.Deployment.Tests.Chart;

/// <summary>Pods say to the program what it understands: arguments, variables, ports, paths and times are the program's own.</summary>
public sealed class ProgramTests
{
    private const string ExitWhenIdle = "--exit-when-idle";

    public static TheoryData<string> Matrix => Rendering.Matrix;

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Arguments_OfEveryPod_AreUnderstood(string values)
    {
        var rendering = await Rendering.OfAsync(values);
        foreach (var workload in rendering.Workloads.Where(IsOfTheProgram))
        {
            var expected = workload.Labels["app.kubernetes.io/component"] == "test" ? "implant" : "serve";
            var (command, errors) = ProgramFacts.Parse(workload.Container.Args);

            Assert.Equal(expected, command);
            Assert.True(errors.Count == 0, $"{workload}: {string.Join(" ", errors)}");
        }
    }

    [Fact]
    public async Task ExitWhenIdle_IsAskedForByScaledJobsAlone()
    {
        var rendering = await Rendering.OfAsync("hosted-values.yaml");
        var jobs = rendering.Silos.Where(workload => workload.Kind == "ScaledJob").ToList();

        Assert.NotEmpty(jobs);
        Assert.All(jobs, job => Assert.Contains(ExitWhenIdle, job.Container.Args));
        Assert.All(rendering.Silos.Except(jobs), silo => Assert.DoesNotContain(ExitWhenIdle, silo.Container.Args));
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task StartupProbe_IsMorePatientThanASiloThatWaitsForOlderOnesToLeave(string values)
    {
        var rendering = await Rendering.OfAsync(values);
        foreach (var silo in rendering.Silos)
        {
            var probe = silo.Container.StartupProbe;
            Assert.True(TimeSpan.FromSeconds(probe.PeriodSeconds!.Value * probe.FailureThreshold!.Value) > LeaveOptions.DefaultUpgradeWait, $"{silo}");
        }
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Variables_OfEveryPod_AreReadByTheProgram(string values)
    {
        var rendering = await Rendering.OfAsync(values);
        var names = rendering.Workloads.SelectMany(workload => workload.Container.Env ?? []).Select(variable => variable.Name).Where(ProgramFacts.IsOwn);

        Assert.Superset(names.ToHashSet(), ProgramFacts.Variables.ToHashSet());
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Silos_ListenWhereTheirPodsSay(string values)
    {
        var rendering = await Rendering.OfAsync(values);
        foreach (var silo in rendering.Silos)
        {
            var listen = ListenOptions.Read(new ListenOptions.Given(), name => name == ListenOptions.BindVariable ? "10.1.2.3" : silo.Variable(name));
            var arguments = silo.Container.Args;
            var http = ProgramFacts.ValuesOf(arguments, "--urls").Select(url => new Uri(url).Port);
            var management = ProgramFacts.ValuesOf(arguments, "--management-urls").Select(url => new Uri(url).Port);

            Assert.Equal(IPAddress.Parse("10.1.2.3"), listen.Bind);
            Assert.Equal("status.podIP", silo.Container.Env.Single(variable => variable.Name == ListenOptions.BindVariable).ValueFrom.FieldRef.FieldPath);
            Assert.Equal([listen.SiloPort], PortsOf(silo, "silo"));
            Assert.Equal([listen.GatewayPort], PortsOf(silo, "gateway"));
            Assert.Equal(management, PortsOf(silo, "management"));
            Assert.Equal(http, PortsOf(silo, "http"));
            Assert.Equal(silo.Labels["app.kubernetes.io/component"] == "control", http.Any());
            Assert.Equal(values == "hosted-values.yaml", listen.AllowPublic);
        }
    }

    [Theory]
    [InlineData("small-values.yaml", "/store")]
    [InlineData("hosted-values.yaml", null)]
    [InlineData("azure-values.yaml", null)]
    [InlineData("identity-values.yaml", null)]
    public async Task Stores_AreThoseOfTheValues(string values, string? folder)
    {
        var rendering = await Rendering.OfAsync(values);
        foreach (var silo in rendering.Silos)
        {
            var connection = silo.Variable(AzureBlobLocation.ConnectionFileVariable);
            string? Variable(string name) =>
                name == AzureBlobLocation.ConnectionFileVariable ? null
                : name == AzureBlobLocation.ConnectionVariable && connection is not null ? "AccountName=x;AccountKey=eA==;EndpointSuffix=core.windows.net"
                : silo.Variable(name);
            var store = SiloStore.Choose(DataFolder.Resolve(silo.Variable(DataFolder.Variable)), cluster: true, Variable);

            if (folder is not null)
            {
                Assert.Equal(folder, Assert.IsType<FileStoreLocation>(store).Folder);
                Assert.Contains(silo.Container.VolumeMounts, mount => mount.MountPath == folder && mount.ReadOnlyProperty != true);
                continue;
            }

            var options = Assert.IsType<AzureBlobLocation>(store).Options;
            Assert.Equal(values == "hosted-values.yaml", options.ConnectionString is not null);
            Assert.Equal(values == "identity-values.yaml", options.ManagedIdentityClientId is not null);
            Assert.Equal(values == "azure-values.yaml" ? ("oneshot", "prod") : (new AzureBlobOptions().Container, ""), (options.Container, options.Prefix));
        }
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Files_ThatVariablesName_AreMounted(string values)
    {
        var rendering = await Rendering.OfAsync(values);
        foreach (var workload in rendering.Workloads.Where(IsOfTheProgram))
        {
            var named = (workload.Container.Env ?? [])
                .Where(variable => variable.Name.EndsWith("_FILE", StringComparison.Ordinal))
                .Select(variable => variable.Value)
                .Concat(workload.Container.Args.Where(argument => argument.StartsWith("/run/", StringComparison.Ordinal)));
            var there = workload
                .Pod.Spec.Volumes.Where(volume => volume.Projected is not null)
                .SelectMany(volume =>
                    volume.Projected.Sources.SelectMany(source => source.Secret.Items).Select(item => $"{MountOf(workload, volume.Name)}/{item.Path}")
                );

            Assert.Equal(named.Order(StringComparer.Ordinal), there.Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Redis_IsAnAddressThatTheProgramTakes(string values)
    {
        var rendering = await Rendering.OfAsync(values);
        Assert.All(
            rendering.Silos,
            silo => Assert.NotEmpty(ClusterOption.Read(Assert.Single(ProgramFacts.ValuesOf(silo.Container.Args, "--cluster")), _ => null))
        );
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Probes_AskWhatTheProgramAnswers(string values)
    {
        var rendering = await Rendering.OfAsync(values);
        foreach (var silo in rendering.Silos)
        {
            var container = silo.Container;
            (V1Probe Probe, string Path)[] probes =
            [
                (container.StartupProbe, "/healthz/startup"),
                (container.ReadinessProbe, "/healthz/ready"),
                (container.LivenessProbe, "/healthz/live"),
            ];
            foreach (var (probe, path) in probes)
            {
                Assert.Equal(path, probe.HttpGet.Path);
                Assert.Equal("management", probe.HttpGet.Port.Value);
                Assert.Contains(await ProgramFacts.StatusOfAsync(probe.HttpGet.Path), (int[])[200, 503]);
            }
        }

        Assert.Equal(404, await ProgramFacts.StatusOfAsync("/healthz"));
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Grace_IsLongerThanAStop(string values)
    {
        var rendering = await Rendering.OfAsync(values);
        foreach (var silo in rendering.Silos)
        {
            var serves = PortsOf(silo, "http").Any();
            var stop = SiloHostBuilder.LongestStop + (serves ? WebListener.Patience : TimeSpan.Zero) + WebListener.Patience;
            var before = TimeSpan.FromSeconds(silo.Container.Lifecycle?.PreStop.Sleep.Seconds ?? 0);

            Assert.Equal(serves, before > TimeSpan.Zero);
            Assert.True(TimeSpan.FromSeconds(silo.Pod.Spec.TerminationGracePeriodSeconds!.Value) > before + stop, $"{silo}");
        }
    }

    private static bool IsOfTheProgram(Workload workload) => workload.Labels["app.kubernetes.io/component"] != "redis";

    private static IEnumerable<int> PortsOf(Workload workload, string name) =>
        workload.Container.Ports.Where(port => port.Name == name).Select(port => port.ContainerPort);

    private static string MountOf(Workload workload, string volume) => workload.Container.VolumeMounts.Single(mount => mount.Name == volume).MountPath;
}
