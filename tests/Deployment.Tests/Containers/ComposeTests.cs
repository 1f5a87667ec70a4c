using System.Net;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Deployment.Tests.Support;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Azure;

namespace OrleansOneShot.Deployment.Tests.Containers;

/// <summary>compose.yaml says to the program what it understands, and mounts what is there.</summary>
public sealed class ComposeTests
{
    private static readonly ComposeFile s_file = ComposeFile.Read();

    [Fact]
    public void Services_AreAllOfACluster() =>
        Assert.Equal(["azurite", "grafana", "keys", "prometheus", "redis", "server", "trainer"], s_file.Services.Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("server", "control", "172.30.64.10")]
    [InlineData("trainer", "trainer", "172.30.64.11")]
    public void Silos_SayWhatTheProgramUnderstands(string name, string role, string address)
    {
        var arguments = s_file.Texts(name, "command");
        var environment = s_file.Map(name, "environment");

        Assert.Equal("serve", ProgramFacts.Parse(arguments).Command);
        Assert.Empty(ProgramFacts.Parse(arguments).Errors);
        Assert.Equal([role], ProgramFacts.ValuesOf(arguments, "--role"));
        Assert.NotEmpty(ClusterOption.Read(ProgramFacts.ValuesOf(arguments, "--cluster").Single(), _ => null));
        Assert.Superset(environment.Keys.ToHashSet(), ProgramFacts.Variables.ToHashSet());
        var listen = ListenOptions.Read(new ListenOptions.Given(), environment.GetValueOrDefault);
        Assert.Equal((IPAddress.Parse(address), 11111, 30000), (listen.Bind, listen.SiloPort, listen.GatewayPort));
        var network = ComposeFile.Map(ComposeFile.Map(s_file.Service(name)["networks"])["default"]);
        Assert.Equal(address, network["ipv4_address"]);
        Assert.Equal(true.ToString(), (string)s_file.Service(name)["read_only"], ignoreCase: true);
        Assert.Equal(["ALL"], s_file.Texts(name, "cap_drop"));
        Assert.True(TimeSpan.FromSeconds(int.Parse(((string)s_file.Service(name)["stop_grace_period"]).TrimEnd('s'), null)) > SiloHostBuilder.LongestStop);
    }

    [Fact]
    public void Ports_AreThisMachinesAlone_AndThoseOfTheProgram()
    {
        var published = s_file.Services.SelectMany(name => s_file.Texts(name, "ports")).ToList();

        Assert.All(published, port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
        var http = new Uri(ProgramFacts.ValuesOf(s_file.Texts("server", "command"), "--urls").Single()).Port;
        Assert.Equal([$"127.0.0.1:8080:{http}"], s_file.Texts("server", "ports"));
    }

    [Fact]
    public void Mounts_AreThere()
    {
        foreach (var mount in s_file.Services.SelectMany(name => s_file.Texts(name, "volumes")))
        {
            var source = mount.Split(':')[0];
            Assert.True(
                source.StartsWith("./", StringComparison.Ordinal) ? Path.Exists(Repository.PathOf(source[2..])) : s_file.Volumes.Contains(source),
                $"{mount}: nothing is there."
            );
        }
    }

    [Fact]
    public async Task Scrapes_GoToTheSilos()
    {
        var configuration = await File.ReadAllTextAsync(Repository.PathOf("compose", "prometheus.yml"), TestContext.Current.CancellationToken);
        // Where it does not say otherwise, Prometheus asks for /metrics.
        Assert.DoesNotContain("metrics_path", configuration, StringComparison.Ordinal);
        Assert.Equal(200, await ProgramFacts.StatusOfAsync("/metrics"));
        foreach (var name in new[] { "server", "trainer" })
        {
            var port = new Uri(ProgramFacts.ValuesOf(s_file.Texts(name, "command"), "--management-urls").Single()).Port;
            Assert.Contains($"targets: [{name}:{port}]", configuration, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Keys_AreOnesThatTheProgramTakes_AndStay()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "There is no bash.");
        var folder = Directory.CreateTempSubdirectory("oneshot-keys-").FullName;
        try
        {
            string Written(string name) => File.ReadAllText(Path.Combine(folder, name)).Trim();
            await WriteAsync();
            var first = Directory.GetFiles(folder).ToDictionary(file => file, File.ReadAllText);
            await WriteAsync();

            Assert.Equal(first, Directory.GetFiles(folder).ToDictionary(file => file, File.ReadAllText));
            Assert.True(ApiKey.TryParse(Written("key"), out _));
            Assert.Equal($"requirepass {Written("redis")}", Written("redis.conf"));
            Assert.NotEmpty(ClusterOption.Read("redis://redis", name => name == ClusterOption.PasswordFileVariable ? Path.Combine(folder, "redis") : null));
            var store = SiloStore.Choose(
                DataFolder.Resolve(folder),
                cluster: true,
                name => name == AzureBlobLocation.ConnectionFileVariable ? Path.Combine(folder, "blobs") : null
            );
            Assert.Equal(Written("blobs"), Assert.IsType<AzureBlobLocation>(store).Options.ConnectionString);
            // Opening sends nothing, and refuses a key that is not base64.
            Assert.NotNull(SiloStore.Open(store));
            Assert.Contains(Written("azurite").Split(':')[1], Written("blobs"), StringComparison.Ordinal);
            // All that services are told to read is written.
            Assert.Equal(
                s_file
                    .Services.SelectMany(name => s_file.Map(name, "environment").Values)
                    .Where(value => value.StartsWith("/run/oneshot/", StringComparison.Ordinal))
                    .Concat(["/run/oneshot/redis.conf", "/run/oneshot/azurite"])
                    .ToHashSet(),
                first.Keys.Select(file => $"/run/oneshot/{Path.GetFileName(file)}").ToHashSet()
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        async Task WriteAsync()
        {
            var said = await Tool.RunAsync("/bin/bash", Repository.PathOf("compose", "keys"), folder);
            Assert.True(said.ExitCode == 0, said.Error);
        }
    }
}
