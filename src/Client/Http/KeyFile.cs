using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Client.Http;

/// <summary>Files that hold a key and nothing else.</summary>
public static class KeyFile
{
    /// <summary>Whether a key that is sent to a server can be read on the way.</summary>
    /// <param name="server">The server's address.</param>
    /// <returns>True for http, unless it stays on this machine.</returns>
    public static bool TravelsInClear(Uri server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return server.Scheme == Uri.UriSchemeHttp && !server.IsLoopback;
    }

    /// <summary>Reads a key.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="field">The option or variable that names the file, for messages.</param>
    /// <returns>The key; its text is hidden in messages from now on.</returns>
    /// <exception cref="OneShotException">invalid_input: it can't be read, or holds no key.</exception>
    public static ApiKey Read(string path, string field = "key-file")
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string text;
        try
        {
            using var reader = new StreamReader(path);
            var buffer = new char[ApiKey.LongestText + 2];
            text = new string(buffer, 0, reader.ReadBlock(buffer)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, $"The key's file can't be read: {e.Message}", field), e);
        }

        SecretText.Remember(text);
        return ApiKey.TryParse(text, out var key)
            ? key
            : throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, $"The file {path} holds no key: one is {ApiKey.Form}.", field));
    }
}
