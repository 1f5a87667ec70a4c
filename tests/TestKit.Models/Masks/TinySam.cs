using static OrleansOneShot.TestKit.Models.Masks.OnnxBuilder;

namespace OrleansOneShot.TestKit.Models.Masks;

/// <summary>
/// Models of SAM's inputs and outputs. The encoder averages 16 x 16 blocks of a square of 64. The decoder's mask is, with a box, the ellipse within it, and
/// with points alone the disc of 12 around the first, in both cases only where the embedding is brighter than its normalised zero; so labels, coordinates,
/// sizes and pixels all have to arrive.
/// </summary>
public static class TinySam
{
    /// <summary>The encoder: (1, 3, 64, 64) to (1, 3, 4, 4).</summary>
    /// <param name="input">Name of its input.</param>
    /// <param name="output">Name of its output.</param>
    public static byte[] Encoder(string input = "images", string output = "image_embeddings")
    {
        var model = new OnnxBuilder().Input(input, Float, 1, 3, 64, 64).Output(output, Float, 1, 3, 4, 4);
        model.NodeTo(output, "AveragePool", [input], Wholes("kernel_shape", 16, 16), Wholes("strides", 16, 16));
        return model.Build();
    }

    /// <summary>An export that takes rows of bytes of any size and normalises by itself.</summary>
    public static byte[] EncoderOfRows()
    {
        var model = new OnnxBuilder().Input("input_image", UInt8, null, null, 3).Output("image_embeddings", Float, 1, 3, 4, 4);
        var floats = model.Node("Cast", ["input_image"], Whole("to", Float));
        var dark = model.Node("Sub", [floats, model.Constant([120f], 1)]);
        var planes = model.Node("Unsqueeze", [model.Node("Transpose", [dark], Wholes("perm", 2, 0, 1)), model.Constant([0L], 1)]);
        model.NodeTo("image_embeddings", "Resize", [planes, "", "", model.Constant([1L, 3, 4, 4], 4)], Words("mode", "nearest"));
        return model.Build();
    }

    /// <summary>The decoder: an embedding and a prompt to a mask of the picture's size.</summary>
    /// <param name="lacks">An input that has another name; empty for none.</param>
    public static byte[] Decoder(string lacks = "")
    {
        var model = new OnnxBuilder();
        foreach (
            var (name, sizes) in new (string, long?[])[]
            {
                ("image_embeddings", [1, 3, 4, 4]),
                ("point_coords", [1, null, 2]),
                ("point_labels", [1, null]),
                ("mask_input", [1, 1, 16, 16]),
                ("has_mask_input", [1]),
                ("orig_im_size", [2]),
            }
        )
        {
            model.Input(name == lacks ? $"no_{name}" : name, Float, sizes);
        }

        string In(string name) => name == lacks ? $"no_{name}" : name;
        string Pick(string from, params long[] at)
        {
            // Gather one index after the other: (1, N, 2) -> (N, 2) -> (2) -> ().
            return at.Aggregate(from, (value, index) => model.Node("Gather", [value, model.Constant([index])], Whole("axis", 0)));
        }

        var (x0, y0, x1, y1) = (
            Pick(In("point_coords"), 0, 0, 0),
            Pick(In("point_coords"), 0, 0, 1),
            Pick(In("point_coords"), 0, 1, 0),
            Pick(In("point_coords"), 0, 1, 1)
        );
        var isBox = model.Node("Equal", [Pick(In("point_labels"), 0, 1), model.Constant([3f])]);
        var half = model.Constant([0.5f]);
        string Where(string yes, string no) => model.Node("Where", [isBox, yes, no]);
        string Middle(string a, string b) => model.Node("Mul", [model.Node("Add", [a, b]), half]);
        string Reach(string a, string b) => model.Node("Mul", [model.Node("Sub", [b, a]), half]);
        var (centreX, centreY) = (Where(Middle(x0, x1), x0), Where(Middle(y0, y1), y0));
        var (reachX, reachY) = (Where(Reach(x0, x1), model.Constant([12f])), Where(Reach(y0, y1), model.Constant([12f])));
        var (height, width) = (Pick(In("orig_im_size"), 0), Pick(In("orig_im_size"), 1));
        string Squares(string count, string centre, string reach, params long[] axes)
        {
            var line = model.Node("Add", [model.Node("Range", [model.Constant([0f]), count, model.Constant([1f])]), half]);
            var away = model.Node("Div", [model.Node("Sub", [line, centre]), reach]);
            return model.Node("Unsqueeze", [model.Node("Mul", [away, away]), model.Constant(axes, axes.Length)]);
        }

        var far = model.Node("Add", [Squares(width, centreX, reachX, 0, 1, 2), Squares(height, centreY, reachY, 0, 1, 3)]);
        var shape = model.Node("Sub", [model.Constant([1f]), far]);
        var grey = model.Node("ReduceMean", [In("image_embeddings")], Wholes("axes", 1), Whole("keepdims", 1));
        var wanted = model.Node("Concat", [model.Constant([1L, 1L], 2), model.Node("Cast", [In("orig_im_size")], Whole("to", Integer))], Whole("axis", 0));
        var bright = model.Node("Resize", [grey, "", "", wanted], Words("mode", "nearest"));

        // Where it is dark, a large negative number; and a given earlier mask would spoil everything.
        var dark = model.Node("Mul", [model.Node("Min", [bright, model.Constant([0f])]), model.Constant([1000f])]);
        var earlier = model.Node(
            "Mul",
            [model.Node("Add", [In("has_mask_input"), model.Node("ReduceMax", [In("mask_input")], Whole("keepdims", 0))]), model.Constant([-1000f])]
        );
        model.NodeTo("masks", "Add", [model.Node("Add", [shape, dark]), earlier]);
        model.NodeTo("iou_predictions", "Identity", [model.Constant([0.9f], 1, 1)]);
        return model.Output("masks", Float, 1, 1, null, null).Output("iou_predictions", Float, 1, 1).Build();
    }
}
