using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Safetensors;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Masks.Sam;

/// <summary>
/// Embeddings of pictures in a folder, so that a second click on a photo takes no second run of the encoder. The newest <see cref="MostFiles"/> stay, each 4
/// MiB of SAM.
/// </summary>
/// <param name="folder">The folder; made when needed.</param>
internal sealed class SamEmbeddingCache(string folder)
{
    /// <summary>Files that stay.</summary>
    public const int MostFiles = 32;

    private const string Key = "image_embeddings";
    private const string SideKey = "side";

    // SAM's embeddings have 4 MiB.
    private const long LargestBytes = 256L << 20;
    private static readonly TensorSchema s_schema = new TensorSchema().With(
        Key,
        [ScalarType.Float32],
        [1, TensorSchema.Any, TensorSchema.Any, TensorSchema.Any]
    );

    /// <summary>The file of a picture and an encoder.</summary>
    /// <param name="photo">The upright photo.</param>
    /// <param name="encoderHash">SHA-256 of the encoder's file.</param>
    public string FileOf(RgbImage photo, string encoderHash)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> size = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(size, photo.Width);
        BinaryPrimitives.WriteInt32LittleEndian(size[4..], photo.Height);
        hash.AppendData(size);
        hash.AppendData(photo.Pixels);
        hash.AppendData(System.Text.Encoding.ASCII.GetBytes(encoderHash));
        return Path.Combine(folder, Convert.ToHexStringLower(hash.GetHashAndReset()) + ".safetensors");
    }

    /// <summary>Reads an embedding.</summary>
    /// <param name="file">Its file.</param>
    /// <returns>Null when there is none that can be used.</returns>
    public static SamEmbedding? Read(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            using var scope = NewDisposeScope();
            using var opened = SafetensorsFile.Open(file);
            if (
                !opened.Header.Metadata.TryGetValue(SideKey, out var text)
                || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var side)
                || side is < 1 or > SamEncoder.LargestSide
                || !opened.Header.Tensors.TryGetValue(Key, out var entry)
                || entry.ByteLength is 0 or > LargestBytes
            )
            {
                return null;
            }

            var tensor = s_schema.Read(opened)[Key];
            var embedding = new SamEmbedding(tensor.shape, tensor.data<float>().ToArray(), side);
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow);
            return embedding;
        }
        catch (Exception e) when (e is InvalidInputException or UnfitTensorsException or IOException or UnauthorizedAccessException)
        {
            // Damaged or gone in the meantime: it is made again.
            return null;
        }
    }

    /// <summary>Writes an embedding, and lets the oldest go.</summary>
    /// <param name="file">Its file.</param>
    /// <param name="embedding">The embedding.</param>
    /// <returns>Why it could not be kept, or null.</returns>
    public string? Write(string file, SamEmbedding embedding)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using var scope = NewDisposeScope();
            var values = tensor(embedding.Values, embedding.Shape);
            SafetensorsWriter.Write(
                file,
                new Dictionary<string, Tensor> { [Key] = values },
                new Dictionary<string, string> { [SideKey] = embedding.Side.ToString(CultureInfo.InvariantCulture) }
            );
            foreach (
                var old in Directory
                    .GetFiles(folder, "*.safetensors")
                    .OrderByDescending(f => LinkedFile.Find(f)?.WrittenUtc)
                    .ThenBy(Path.GetFileName, StringComparer.Ordinal)
                    .Skip(MostFiles)
            )
            {
                File.Delete(old);
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"The picture's embedding could not be kept: {e.Message}";
        }
    }
}
