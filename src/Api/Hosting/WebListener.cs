using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Api.Hosting;

/// <summary>Starts and stops web applications, and says in a sentence why one can't listen.</summary>
internal static class WebListener
{
    /// <summary>How long calls that are under way hold up a stop.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Starts an application, or disposes of it.</summary>
    /// <param name="application">The application.</param>
    /// <param name="urls">Where it is to listen, as it was asked for.</param>
    /// <param name="field">The option that said so.</param>
    /// <param name="cancellationToken">Stops starting.</param>
    /// <returns>When it takes calls.</returns>
    /// <exception cref="OneShotException">conflict: another program listens there. invalid_input: this machine can't.</exception>
    public static async Task StartAsync(WebApplication application, IReadOnlyList<string> urls, string field, CancellationToken cancellationToken)
    {
        var where = string.Join(" or ", urls);
        try
        {
            await application.StartAsync(cancellationToken);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException or SocketException)
        {
            await application.DisposeAsync();
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.Conflict, $"Another program listens at {where}.", field, $"End it, or give another address with --{field}."),
                e
            );
        }
        catch (SocketException e)
        {
            await application.DisposeAsync();
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.InvalidInput,
                    $"This machine can't listen at {where}: {e.Message.TrimEnd('.')}.",
                    field,
                    $"Give an address of this machine and a port that this user may open with --{field}."
                ),
                e
            );
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends an application; calls that are under way get a few seconds.</summary>
    /// <param name="application">The application.</param>
    /// <returns>When it has ended.</returns>
    public static async ValueTask StopAsync(WebApplication application)
    {
        using var patience = new CancellationTokenSource(Patience);
        await application.StopAsync(patience.Token);
        await application.DisposeAsync();
    }
}
