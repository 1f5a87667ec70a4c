using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Testing;

/// <summary>The files that a simulated job leaves: each can be read as what its name says.</summary>
internal static class SimulatedResult
{
    // 8 x 8 pixels, from dark to light.
    private static readonly byte[] s_png = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAfElEQVR42g3JIQFEIRQAsIvzQ2BogEbTAEOIF2KGBmg0DahzzO73JTmpSU8imclObvL7ilzU"
            + "ohdRzGIXt7xoclOb3kQzm93c9mLIQx36EMMc9nDHi5BDDT1EmGGHGy/IVDrBZHO9WPJSl77EMpe93PXiyEc9+hHHPPZxjz/No2hhnvnhGQAAAABJRU5ErkJggg=="
    );

    /// <summary>Quality as a good job has it.</summary>
    /// <param name="request">The job's request, whose objects are measured.</param>
    public static JobMetrics Measure(ImplantationRequest request) =>
        new()
        {
            Ia = 0.8,
            Ta = 0.27,
            PrototypeSimilarity = 0.95,
            Objects =
            [
                .. request.Objects.Select(item => new ObjectMetrics
                {
                    Token = item.Token,
                    Class = item.Class,
                    IaObject = 0.85,
                    PrototypeSimilarity = 0.95,
                }),
            ],
        };

    /// <summary>Writes the files.</summary>
    /// <param name="folder">Where to; created.</param>
    /// <param name="request">The job's request.</param>
    /// <param name="metrics">What metrics.json says.</param>
    /// <param name="pictures">How many pictures, 0 or more.</param>
    public static void Write(string folder, ImplantationRequest request, JobMetrics metrics, int pictures)
    {
        var samples = Path.Combine(folder, "samples");
        Directory.CreateDirectory(samples);
        for (var picture = 0; picture < pictures; picture++)
        {
            File.WriteAllBytes(Path.Combine(samples, picture.ToString("000", CultureInfo.InvariantCulture) + ".png"), s_png);
        }

        File.WriteAllBytes(Path.Combine(folder, "sheet.png"), s_png);
        File.WriteAllBytes(Path.Combine(folder, request.Name + ".safetensors"), Weights(request.Name));
        File.WriteAllBytes(Path.Combine(folder, "metrics.json"), JsonSerializer.SerializeToUtf8Bytes(metrics, DocumentJson.Options));
        File.WriteAllText(Path.Combine(folder, "request.json"), RequestJson.Write(request));
        File.WriteAllText(Path.Combine(folder, "README.md"), $"# {request.Name}\n\nA simulated result: nothing was trained.\n");
    }

    /// <summary>Writes the files of a generation.</summary>
    /// <param name="folder">Where to; created.</param>
    /// <param name="request">The job's request.</param>
    /// <param name="pictures">How many pictures.</param>
    public static void Write(string folder, GenerationRequest request, int pictures)
    {
        Directory.CreateDirectory(folder);
        for (var picture = 1; picture <= pictures; picture++)
        {
            File.WriteAllBytes(Path.Combine(folder, picture.ToString("0000", CultureInfo.InvariantCulture) + ".png"), s_png);
        }

        File.WriteAllText(Path.Combine(folder, "request.json"), RequestJson.Write(request));
    }

    /// <summary>A safetensors file of one tensor: eight bytes of the header's length, the header, four floats.</summary>
    /// <param name="title">What its metadata say.</param>
    public static byte[] Weights(string title)
    {
        const int Floats = 4;
        var header = Encoding.UTF8.GetBytes(
            new JsonObject
            {
                ["__metadata__"] = new JsonObject { ["modelspec.title"] = title },
                ["simulated"] = new JsonObject
                {
                    ["dtype"] = "F32",
                    ["shape"] = new JsonArray(Floats),
                    ["data_offsets"] = new JsonArray(0, Floats * sizeof(float)),
                },
            }.ToJsonString()
        );
        var file = new byte[sizeof(long) + header.Length + (Floats * sizeof(float))];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, sizeof(long));
        return file;
    }

    /// <summary>What the manifest says of the run.</summary>
    /// <param name="model">The base model's name.</param>
    /// <param name="steps">Steps done.</param>
    /// <param name="device">The device.</param>
    public static JsonObject Describe(string model, int steps, string device) =>
        new()
        {
            ["model"] = new JsonObject { ["name"] = model },
            ["options"] = new JsonObject { ["steps"] = steps, ["device"] = device },
        };
}
