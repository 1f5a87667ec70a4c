using System.Security.Cryptography;
using System.Text;

namespace OrleansOneShot.TestKit.Hub;

/// <summary>A file that the test's host offers, and how it misbehaves over it.</summary>
/// <param name="bytes">What it holds.</param>
public sealed class HostedFile(byte[] bytes)
{
    /// <summary>What it holds.</summary>
    public byte[] Bytes { get; set; } = bytes;

    /// <summary>Large files are listed with a SHA-256, small ones with git's hash, as Hugging Face does.</summary>
    public bool IsLarge => Bytes.Length > 1000;

    /// <summary>Each answer ends after this many bytes, with a broken connection; 0 for never.</summary>
    public int BreaksAfter { get; set; }

    /// <summary>How many answers break; more are whole.</summary>
    public int Breaks { get; set; } = int.MaxValue;

    /// <summary>These statuses are answered first, one a request.</summary>
    public Queue<int> Statuses { get; } = new();

    /// <summary>The hash that is stated; null for the true one.</summary>
    public string? StatedHash { get; set; }

    /// <summary>The length that is stated; null for the true one.</summary>
    public long? StatedBytes { get; set; }

    /// <summary>Requests are redirected there.</summary>
    public string? RedirectsTo { get; set; }

    /// <summary>Its entity tag, in quotes.</summary>
    public string ETag => $"\"{TrueHash[..16]}\"";

    /// <summary>The hash of its bytes in hexadecimal: a SHA-256 or git's.</summary>
    public string TrueHash =>
        IsLarge
            ? Convert.ToHexStringLower(SHA256.HashData(Bytes))
#pragma warning disable CA5350 // Git's own.
            : Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {Bytes.Length}\0"), .. Bytes]));
#pragma warning restore CA5350
}
