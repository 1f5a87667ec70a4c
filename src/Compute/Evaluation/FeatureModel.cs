using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Evaluation;

/// <summary>The model that figures were made with: of another model they are other figures.</summary>
/// <param name="Name">Its folder's name, such as <c>clip-vit-large-patch14</c>.</param>
/// <param name="Sha256">Hash of its weight file, as <c>sha256sum</c> gives it; of several files that of the lines "hash  name" in order of names.</param>
public sealed record FeatureModel(string Name, string Sha256)
{
    /// <summary>Names a model by its weights.</summary>
    internal static FeatureModel Of(string name, ModelPart part)
    {
        var paths = WeightFiles.Find(part.Folder, part.Name, part.Stem).Paths;
        if (paths.Count == 1)
        {
            return new FeatureModel(name, FileHashes.Sha256(paths[0]));
        }

        var lines = string.Concat(paths.Select(path => $"{FileHashes.Sha256(path)}  {Path.GetFileName(path)}\n"));
        return new FeatureModel(name, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines))));
    }

    /// <summary>Loads a part's weights in float32, frozen.</summary>
    internal static T Load<T>(ModelPart part, Device device)
        where T : Module
    {
        TorchRuntime.Initialise();
        using var source = WeightSource.Open(part.Folder, part.Name, part.Stem);
        using var scope = NewDisposeScope(); // for what the layers' constructors leave behind
        var module = (T)part.Create(source);
        try
        {
            StrictLoader.Load(module, source, part.Rules, ScalarType.Float32, device);
            return module;
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }
}
