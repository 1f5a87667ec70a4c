using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using Azure.Storage.Sas;
using OrleansOneShot.Contracts;
using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.TestKit.Servers;
using StackExchange.Redis;

namespace OrleansOneShot.EndToEnd.Tests.Cluster;

/// <summary>A silo, or a command of a client, that can't work where it is told to: one sentence at the start, and no stack trace.</summary>
public sealed partial class BadStartTests : IDisposable
{
    private const int Failed = 1;
    private const int BadInput = 2;
    private const int Unreachable = 4;
    private const string Password = "s3cret-of-redis";

    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData("redis://127.0.0.1:1", "Redis at 127.0.0.1:1 does not answer.")]
    [InlineData("rediss://127.0.0.1:1", "Redis at 127.0.0.1:1 does not answer over TLS.")]
    [InlineData("redis://nowhere.invalid", "Redis at nowhere.invalid:6379 does not answer.")]
    public async Task NoRedisThere_EndsWith4(string address, string sentence)
    {
        Expect(await OneShotProcess.RunAsync("serve", "--cluster", address, "--data", _folder.Data), Unreachable, sentence);
        Expect(await OneShotProcess.RunAsync("jobs", "list", "--cluster", address, "--data", _folder.Data), Unreachable, sentence);
    }

    [Fact]
    public async Task RedisWithoutTls_AskedOverTls_EndsWith4()
    {
        await using var redis = await RedisServer.StartAsync();

        Expect(
            await OneShotProcess.RunAsync("serve", "--cluster", redis.Address.Replace("redis:", "rediss:", StringComparison.Ordinal), "--data", _folder.Data),
            Unreachable,
            $"Redis at {redis.ConnectionString} does not answer over TLS."
        );
    }

    [Theory]
    [InlineData("", "asks for a password")]
    [InlineData("another", "refuses the password")]
    public async Task WrongPassword_EndsWith4(string given, string what)
    {
        await using var redis = await RedisServer.StartAsync(Password);

        foreach (var command in new string[][] { ["serve"], ["jobs", "list"] })
        {
            var ended = await RunWithAsync("ONESHOT_REDIS_PASSWORD", given, [.. command, "--cluster", redis.Address, "--data", _folder.Data]);

            Expect(ended, Unreachable, $"Redis at {redis.ConnectionString} {what}.");
            Assert.Contains("ONESHOT_REDIS_PASSWORD_FILE", ended.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("another", ended.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task RightPassword_IsInNoLogAndNoError()
    {
        var file = _folder["password"];
        await File.WriteAllTextAsync(file, Password + "\n");
        OneShotProcess silo;
        string[] cluster;
        await using (var redis = await RedisServer.StartAsync(Password))
        {
            cluster = ["--cluster", redis.Address, "--data", _folder.Data];
            silo = StartWith("ONESHOT_DEBUG=1 ONESHOT_REDIS_PASSWORD_FILE", file, ["serve", .. cluster]);
            await silo.SaysAsync(line => line.StartsWith("Ready: silo ", StringComparison.Ordinal));
            (await RunWithAsync("ONESHOT_REDIS_PASSWORD_FILE", file, ["jobs", "list", .. cluster])).Expect(0);
        }

        await using (silo)
        {
            // A silo tells most of its Redis when that goes away.
            while (!Logs().Contains("RedisConnectionException", StringComparison.Ordinal))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken);
            }

            silo.Kill();
            var ended = await silo.EndAsync();
            Assert.DoesNotContain(Password, ended.Output + ended.Error + Logs(), StringComparison.Ordinal);
        }

        var gone = await RunWithAsync("ONESHOT_DEBUG=1 ONESHOT_REDIS_PASSWORD_FILE", file, ["serve", .. cluster]);
        Assert.DoesNotContain(Password, gone.Expect(Unreachable).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SilosOfAnotherVersionOfTheContracts_EndWith4()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);

        await ClaimAsync();
        var silo = await OneShotProcess.RunAsync("serve", "--cluster", redis.Address, "--data", _folder.Data);
        Expect(
            silo,
            Unreachable,
            $"The cluster at Redis {redis.ConnectionString} has version 77 of the contracts (silo host/1/ab); this silo has version "
                + $"{ContractVersion.Current} and can't join it."
        );
        Assert.Contains("Stop the silos of version 77 first", silo.Error, StringComparison.Ordinal);

        await ClaimAsync();
        var client = await OneShotProcess.RunAsync("jobs", "list", "--cluster", redis.Address, "--data", _folder.Data);
        Expect(
            client,
            Unreachable,
            $"The cluster at Redis {redis.ConnectionString} has version 77 of the contracts (silo host/1/ab); this program has version "
                + $"{ContractVersion.Current}."
        );

        // As a silo renews it, which is not there.
        Task ClaimAsync() =>
            connection
                .GetDatabase()
                .SortedSetAddAsync("oneshot/contracts/oneshot", "77:host/1/ab", DateTimeOffset.UtcNow.AddSeconds(55).ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task PortInUse_NamesThePortAndTheOption()
    {
        await using var redis = await RedisServer.StartAsync();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        var ended = await OneShotProcess.RunAsync("serve", "--cluster", redis.Address, "--data", _folder.Data, "--gateway-port", port);

        Expect(ended, Failed, $"Port {port} of 127.0.0.1 is in use by another program.");
        Assert.Contains("--gateway-port", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PublicAddress_EndsWith2()
    {
        var ended = await OneShotProcess.RunAsync(
            "serve",
            "--cluster",
            "redis://127.0.0.1:1",
            "--data",
            _folder.Data,
            "--bind",
            "0.0.0.0",
            "--advertise",
            "203.0.113.77"
        );

        Expect(ended, BadInput, "203.0.113.77 is a public address, and a silo's ports carry no authentication.");
        Assert.False(Path.Exists(_folder.Data));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadOnlyDataFolder_EndsWith4AndNamesIt(bool cluster)
    {
        await PrivateMounts.RequireAsync(_folder.Root);
        Directory.CreateDirectory(_folder.Data);
        await using var redis = cluster ? await RedisServer.StartAsync() : null;
        var script = $"mount -t tmpfs -o ro tmpfs '{_folder.Data}' && exec \"$@\"";

        await using var serve = OneShotProcess.StartIn(
            PrivateMounts.Shell(script),
            ["serve", "--data", _folder.Data, .. redis is null ? [] : (string[])["--cluster", redis.Address]]
        );

        Expect(await serve.EndAsync(), Unreachable, $"The data folder {_folder.Data} can't be written: Read-only file system.");
    }

    [Fact]
    public async Task FileInPlaceOfTheDataFolder_EndsWith2AndNamesIt()
    {
        await File.WriteAllTextAsync(_folder.Data, "");

        Expect(await OneShotProcess.RunAsync("serve", "--data", _folder.Data), BadInput, $"--data {_folder.Data}: {_folder.Data} is a file, not a folder.");
    }

    [Fact]
    public async Task BlobContainerThatMayOnlyBeRead_EndsWith4AndShowsNoSignature()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var azurite = await AzuriteServer.StartAsync();
        var container = new BlobContainerClient(azurite.ConnectionString, "read-only");
        await container.CreateAsync(cancellationToken: TestContext.Current.CancellationToken);
        var signature = container.GenerateSasUri(BlobContainerSasPermissions.Read | BlobContainerSasPermissions.List, DateTimeOffset.UtcNow.AddHours(1)).Query[
            1..
        ];
        var file = _folder["connection"];
        await File.WriteAllTextAsync(
            file,
            $"BlobEndpoint={container.Uri.GetLeftPart(UriPartial.Authority)}/{container.AccountName};SharedAccessSignature={signature}"
        );

        var ended = await RunWithAsync(
            "ONESHOT_BLOBS_CONTAINER=read-only ONESHOT_BLOBS_CONNECTION_FILE",
            file,
            ["serve", "--cluster", redis.Address, "--data", _folder.Data]
        );

        ended.Expect(Unreachable);
        Assert.Matches(@"^The artifact store http://127\.0\.0\.1:\d+/oneshottest/read-only does not allow writing checks/\S+", ended.Error);
        Assert.DoesNotContain("sig=", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotMatch(StackTrace(), ended.Error);
    }

    public void Dispose() => _folder.Dispose();

    private string Logs() => string.Concat(Directory.EnumerateFiles(Path.Combine(_folder.Data, "logs")).Select(File.ReadAllText));

    private static void Expect(Ended ended, int exitCode, string sentence)
    {
        ended.Expect(exitCode);
        Assert.StartsWith(sentence + "\n", ended.Error, StringComparison.Ordinal);
        Assert.Equal(2, ended.Error.TrimEnd().Split('\n').Length);
        Assert.DoesNotMatch(StackTrace(), ended.Error);
    }

    private static OneShotProcess StartWith(string variable, string value, string[] command) =>
        OneShotProcess.StartIn(["sh", "-c", $"{variable}='{value}' exec \"$@\""], command);

    private static async Task<Ended> RunWithAsync(string variable, string value, string[] command)
    {
        await using var process = StartWith(variable, value, command);
        return await process.EndAsync();
    }

    [GeneratedRegex(@"^\s+at ", RegexOptions.Multiline)]
    private static partial Regex StackTrace();
}
