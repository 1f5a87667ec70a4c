using Microsoft.Extensions.Time.Testing;
using Orleans.Persistence.Redis;
using Orleans.Runtime.Messaging;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Errors;
using StackExchange.Redis;

namespace OrleansOneShot.Client.Tests;

/// <summary>Which failures of a call are the cluster's passing trouble, as it was met while silos, Redis and connections went away.</summary>
public sealed class ClientRetriesTests
{
    public static TheoryData<Exception, bool, bool> Errors =>
        new()
        {
            // error, repeated, the states' store
            { new TimeoutException("Response did not arrive on time"), true, false },
            { new SiloUnavailableException("x"), true, false },
            { new EnumerationAbortedException("x"), true, false },
            { new ConnectionFailedException("x"), true, false },
            { new OrleansException("Trying to register implantation/j1 on invalid silo: S10.77.1.3:35683:154782780. Known status: Dead"), true, false },
            { new OrleansException("Error from storage provider RedisGrainStorage.catalog during ReadStateAsync for grain jobcatalog/0"), true, true },
            { new Orleans.Storage.InconsistentStateException("x"), true, true },
            { new RedisStorageException("Failed to write grain state for jobs-0"), true, true },
            { new RedisTimeoutException("Timeout awaiting response", CommandStatus.Sent), true, true },
            { new RedisConnectionException(ConnectionFailureType.SocketClosed, "x"), true, true },
            { new OneShotException(new ErrorDetail(ErrorCodes.NotFound, "x")), false, false },
            { new OperationCanceledException(), false, false },
            { new OrleansConfigurationException("x"), false, false },
            { new InvalidOperationException("x"), false, false },
            { new NullReferenceException(), false, false },
        };

    [Theory]
    [MemberData(nameof(Errors))]
    public void IsLost_OfEachKind_IsTheClustersTroubleAlone(Exception error, bool lost, bool ofState)
    {
        Assert.Equal(lost, ClientRetries.IsLost(error));
        Assert.Equal(ofState, ClientRetries.IsOfState(error));
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Create_FailsTwice_IsRepeatedIfItMayPass(Exception error, bool lost, bool ofState)
    {
        _ = ofState;
        var clock = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(10) };
        var calls = 0;
        var pipeline = ClientRetries.Create(3, clock);

        var running = pipeline.ExecuteAsync(_ => ++calls <= 2 ? throw error : ValueTask.FromResult(7)).AsTask();
        while (!running.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        if (lost)
        {
            Assert.Equal(7, await running);
            Assert.Equal(3, calls);
        }
        else
        {
            Assert.Same(error, await Assert.ThrowsAsync(error.GetType(), () => running));
            Assert.Equal(1, calls);
        }
    }
}
