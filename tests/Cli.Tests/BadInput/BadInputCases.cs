using OrleansOneShot.Cli.Tests.Support;

namespace OrleansOneShot.Cli.Tests.BadInput;

/// <summary>All that can be found wrong before a job starts.</summary>
internal static class BadInputCases
{
    public static IReadOnlyList<BadInputCase> Implant { get; } =
    [
        new("missing file", "image", ["missing.png"], folder => Cat(folder, image: folder["missing.png"])),
        new("missing mask", "mask", ["missing.png"], folder => Cat(folder, mask: folder["missing.png"])),
        new("not an image", "image", ["notes.png"], folder => Cat(folder, image: folder.Write("notes.png", "hello"u8.ToArray()))),
        new("empty file", "image", ["empty.png"], folder => Cat(folder, image: folder.Write("empty.png", []))),
        new("30,000 x 30,000", "image", ["30000"], folder => Cat(folder, image: folder.Write("huge.png", Pictures.Header(30_000, 30_000)))),
        new("mask of another shape", "mask", ["mask.png"], folder => Cat(folder, mask: folder.Write("mask.png", Pictures.Plain(30, 90, 255)))),
        new("empty mask", "mask", ["mask.png"], folder => Cat(folder, mask: folder.Write("mask.png", Pictures.Plain(64, 64, 0)))),
        new("class of nothing", "class", ["empty"], folder => Cat(folder, name: " ")),
        new("class of signs", "class", ["<"], folder => Cat(folder, name: "<cat>")),
        new("class of half a sign", "class", ["'cat\U0001F431'", "holds '\U0001F431'"], folder => Cat(folder, name: "cat\U0001F431")),
        new("class without Latin letters", "token", ["猫"], folder => Cat(folder, name: "猫")),
        new("prompt of another identifier", "prompt", ["<dog>"], folder => Cat(folder, "--prompt", "a <dog>")),
        new("prompt with a LoRA", "prompt", ["<lora:x:0.8>"], folder => Cat(folder, "--prompt", "a <cat> <lora:x:0.8>")),
        new("inverted mask", "mask", ["inverted", "100%"], folder => Cat(folder, mask: folder.Write("mask.png", Pictures.Frame(64)))),
        new("photo as its own mask", "mask", ["photo itself"], folder => Cat(folder, mask: Repository.Sample("cat.png"))),
        new("mask value of words", "mask-value", ["'red'"], folder => Cat(folder, "--mask-value", "red")),
        new("mask value that is not there", "mask", ["no pixel of the value 7", "255"], folder => Cat(folder, "--mask-value", "7")),
        new("inversion without a mask", "mask-invert", ["--mask"], folder => Boxed(folder, "--box", "10,10,200,200", "--mask-invert")),
        new(
            "inversion of a mask that is made",
            "object",
            ["to be made"],
            folder => ["implant", "--image", Repository.Sample("cat.png"), "--object", "box=1:1:9:9,class=cat,invert", "--out", folder["out"]]
        ),
        new(
            "object of an empty mask",
            "object",
            ["mask= is empty"],
            folder => ["implant", "--image", Repository.Sample("cat.png"), "--object", "mask=,class=cat", "--out", folder["out"]]
        ),
        new("folder as mask", "mask", ["folder"], folder => Cat(folder, mask: folder.Root)),
        new("word of the vocabulary", "token", ["\"cat\"", "vocabulary"], folder => Cat(folder, "--token", "cat")),
        new("identifier without brackets", "token", ["blork77"], folder => Cat(folder, "--token", "blork77")),
        new("identifier with spaces", "token", ["<my cat>"], folder => Cat(folder, "--token", "<my cat>")),
        new("unknown model", "model", ["sd99", "toyworld-64"], folder => Cat(folder, "--model", "sd99")),
        new("model lacks a file", null, ["unet"], folder => Model(folder, model => File.Delete(Path.Combine(model, "unet", "config.json")))),
        new(
            "model lacks weights",
            null,
            ["vae"],
            folder => Model(folder, model => File.Delete(Path.Combine(model, "vae", "diffusion_pytorch_model.safetensors")))
        ),
        new("CLIP does not fit", null, ["clip"], folder => Cat(folder, "--clip", Path.Combine(Repository.TinyModel, "clip"))),
        new("truncated weights", "text_encoder/model.safetensors", ["text_encoder", "model.safetensors"], folder => Weights(folder, Tensors.Truncated)),
        new("header of 8 EB", "text_encoder/model.safetensors", ["text_encoder", "model.safetensors"], folder => Weights(folder, Tensors.HugeHeader)),
        new("negative shape", "text_encoder/model.safetensors", ["text_encoder", "model.safetensors"], folder => Weights(folder, Tensors.NegativeShape)),
        new("overlapping tensors", "text_encoder/model.safetensors", ["text_encoder", "model.safetensors"], folder => Weights(folder, Tensors.Overlapping)),
        new("pickle in disguise", "text_encoder/model.safetensors", ["text_encoder", "model.safetensors"], folder => Weights(folder, Tensors.Pickle)),
        new("steps 0", "steps", ["--steps", "'0'"], folder => Cat(folder, "--steps", "0")),
        new("steps of words", "steps", ["'many'"], folder => Cat(folder, "--steps", "many")),
        new("steps beyond numbers", "steps", ["'99999999999999999999'"], folder => Cat(folder, "--steps", "99999999999999999999")),
        new("rank -1", "rank", ["--rank", "'-1'"], folder => Cat(folder, "--rank", "-1")),
        new("rank 257", "rank", ["256"], folder => Cat(folder, "--rank", "257")),
        new("lr nan", "lr", ["'nan'"], folder => Cat(folder, "--lr", "nan")),
        new("lr infinity", "lr", ["'Infinity'"], folder => Cat(folder, "--lr", "Infinity")),
        new("lr 0", "lr", ["'0'"], folder => Cat(folder, "--lr", "0")),
        new("alpha nan", "alpha", ["'nan'"], folder => Cat(folder, "--alpha", "nan")),
        new("samples 65", "samples", ["64"], folder => Cat(folder, "--samples", "65")),
        new("resolution no multiple", "resolution", ["66", "multiple of 4"], folder => Cat(folder, "--resolution", "66")),
        new("absurd resolution", "resolution", ["4096"], folder => Cat(folder, "--resolution", "1000000")),
        new("seed -1", "seed", ["'-1'"], folder => Cat(folder, "--seed", "-1")),
        new("unknown device", "device", ["'tpu'"], folder => Cat(folder, "--device", "tpu")),
        new("name with a path", "name", ["../x"], folder => Cat(folder, "--name", "../x")),
        new("no object at all", "mask", ["--mask"], folder => ["implant", "--image", Repository.Sample("cat.png"), "--out", folder["out"]]),
        new("two objects of one token", "token", ["<a>", "another object"], folder => Objects(folder, "class=cat,token=<a>", "class=dog,token=<A>")),
        new(
            "more objects than fit",
            "vectors",
            ["6 objects", "5 fit", "32 positions"],
            folder => Objects(folder, "class=cat", "class=cat", "class=cat", "class=cat", "class=cat", "class=cat")
        ),
        new("objects beyond any limit", "object", ["33", "32"], folder => Objects(folder, [.. Enumerable.Repeat("class=cat", 33)])),
        new(
            "second mask of another photo",
            "mask",
            ["mask.png", "30 x 90"],
            folder => [.. Objects(folder, "class=cat"), "--object", $"mask={folder.Write("mask.png", Pictures.Plain(30, 90, 255))},class=dog"]
        ),
        new("k of 0", "k", ["'0'"], folder => Cat(folder, "-k", "0")),
        new("k beyond objects", "k", ["32", "'33'"], folder => Cat(folder, "-k", "33")),
        new("prompt too long", "prompt", ["1001", "1000"], folder => Cat(folder, "--prompt", new string('x', 1001))),
        new("prompts too many", "prompt", ["257", "256"], folder => Cat(folder, [.. Enumerable.Range(0, 2 * 257).Select(i => i % 2 == 0 ? "--prompt" : "x")])),
        new("class too long", "class", ["65", "64"], folder => Cat(folder, name: new string('x', 65))),
        new("name too long", "name", ["64"], folder => Cat(folder, "--name", new string('x', 65))),
        new("fan-out of another word", "fan-out", ["'remote'", "synchronous"], folder => Cat(folder, "--fan-out", "remote")),
        new("fan-out without a period", "fan-out", ["'periodic'", "periodic:N"], folder => Cat(folder, "--fan-out", "periodic")),
        new("fan-out of period 0", "fan-out", ["'periodic:0'"], folder => Cat(folder, "--fan-out", "periodic:0")),
        new("micro-batch 0", "micro-batch", ["'0'"], folder => Cat(folder, "--micro-batch", "0")),
        new(
            "object without mask",
            "object",
            ["mask="],
            folder => ["implant", "--image", Repository.Sample("cat.png"), "--object", "class=cat", "--out", folder["out"]]
        ),
        new("no mask", "mask", ["--mask"], folder => ["implant", "--image", Repository.Sample("cat.png"), "--class", "cat", "--out", folder["out"]]),
        new("box outside", "box", ["200,200,100,100", "256 x 256"], folder => Boxed(folder, "--box", "200,200,100,100")),
        new("point outside", "point", ["256,0", "256 x 256"], folder => Boxed(folder, "--point", "256,0")),
        new("box of words", "box", ["'all'"], folder => Boxed(folder, "--box", "all")),
        new("mask and box", "box", ["--mask"], folder => Cat(folder, "--box", "1,1,9,9")),
        new(
            "object with mask and box",
            "object",
            ["both"],
            folder => ["implant", "--image", Repository.Sample("cat.png"), "--object", "mask=m.png,box=1:1:9:9,class=cat", "--out", folder["out"]]
        ),
        new(
            "object with a box of words",
            "object",
            ["box=a"],
            folder => ["implant", "--image", Repository.Sample("cat.png"), "--object", "box=a,class=cat", "--out", folder["out"]]
        ),
        new("no image", null, ["--image"], folder => ["implant", "--mask", Repository.Sample("cat-mask.png"), "--class", "cat", "--out", folder["out"]]),
        new("unknown option", null, ["--blur"], folder => Cat(folder, "--blur", "3")),
        new(
            "out below a file",
            "out",
            ["file.txt"],
            folder =>
                [
                    "implant",
                    "--image",
                    Repository.Sample("cat.png"),
                    "--mask",
                    Repository.Sample("cat-mask.png"),
                    "--class",
                    "cat",
                    "--out",
                    Path.Combine(folder.Write("file.txt", [1]), "out"),
                ]
        ),
    ];

    public static IReadOnlyList<BadInputCase> Mask { get; } =
    [
        new("neither box nor point", "box", ["--box", "--point"], folder => Masked(folder)),
        new("box outside", "box", ["0,0,257,10", "256 x 256"], folder => Masked(folder, "--box", "0,0,257,10")),
        new("negative box", "box", ["-1,0,10,10", "256 x 256"], folder => Masked(folder, "--box", "-1,0,10,10")),
        new("empty box", "box", ["5,5,0,10"], folder => Masked(folder, "--box", "5,5,0,10")),
        new("box of three numbers", "box", ["'1,2,3'"], folder => Masked(folder, "--box", "1,2,3")),
        new("point outside", "point", ["0,256", "256 x 256"], folder => Masked(folder, "--point", "5,5", "--point", "0,256")),
        new("point of words", "point", ["'here'"], folder => Masked(folder, "--point", "here")),
        new("missing photo", "image", ["missing.png"], folder => ["mask", "--image", folder["missing.png"], "--box", "0,0,9,9", "--out", folder["out/m.png"]]),
        new("SAM without files", "sam-encoder", ["encoder"], folder => Masked(folder, "--box", "0,0,9,9", "--method", "sam")),
        new("files without SAM", "method", ["--method sam"], folder => Masked(folder, "--box", "0,0,9,9", "--sam-encoder", "e.onnx")),
        new(
            "no ONNX file",
            "sam-encoder",
            ["e.onnx"],
            folder =>
                Masked(folder, "--box", "0,0,9,9", "--method", "sam", "--sam-encoder", folder.Write("e.onnx", "hello"u8.ToArray()), "--sam-decoder", "d.onnx")
        ),
        new(
            "ONNX file with external data",
            "sam-encoder",
            ["external data"],
            folder => Masked(folder, "--box", "0,0,9,9", "--method", "sam", "--sam-encoder", folder.Write("e.onnx", ExternalOnnx), "--sam-decoder", "d.onnx")
        ),
        new(
            "mask over the photo",
            "out",
            ["overwritten"],
            folder =>
            {
                var photo = folder.Write("photo.png", Pictures.Plain(64, 64, 128));
                return ["mask", "--image", photo, "--box", "0,0,9,9", "--out", photo];
            }
        ),
        new("unknown method", "method", ["'magic'"], folder => Masked(folder, "--box", "0,0,9,9", "--method", "magic")),
    ];

    public static IReadOnlyList<BadInputCase> Generate { get; } =
    [
        new("width no multiple", "width", ["65", "multiple of 4"], folder => Draw(folder, "--width", "65")),
        new("absurd size", "width", ["4096"], folder => Draw(folder, "--width", "4096", "--height", "4096")),
        new("beyond any size", "height", ["4096"], folder => Draw(folder, "--height", "99999")),
        new("steps 0", "steps", ["'0'"], folder => Draw(folder, "--steps", "0")),
        new("guidance nan", "guidance", ["'nan'"], folder => Draw(folder, "--guidance", "nan")),
        new("negative personalization", "personalization-guidance", ["'-1'", "20"], folder => Draw(folder, "--personalization-guidance", "-1")),
        new(
            "personalization of nothing",
            "personalization_guidance",
            ["nothing that was learned is given"],
            folder => Draw(folder, "--personalization-guidance", "2")
        ),
        new("unknown scheduler", "scheduler", ["heun"], folder => Draw(folder, "--scheduler", "heun")),
        new("missing LoRA", null, ["missing.safetensors"], folder => Draw(folder, "--lora", folder["missing.safetensors"])),
        new("LoRA's scale", "lora", ["'much'"], folder => Draw(folder, "--lora", folder.Write("x.safetensors", []) + ":much")),
        new("truncated LoRA", null, ["x.safetensors"], folder => Draw(folder, "--lora", folder.Write("x.safetensors", Tensors.Truncated))),
        new("pickled LoRA", null, ["x.ckpt"], folder => Draw(folder, "--lora", folder.Write("x.ckpt", Tensors.Pickle))),
        new("pickled embedding", null, ["x.pt"], folder => Draw(folder, "--embedding", folder.Write("x.pt", Tensors.Pickle))),
        new("folder as LoRA", "lora", ["folder"], folder => Draw(folder, "--lora", folder.Root)),
        new("folder as latents", "latents", ["folder"], folder => Draw(folder, "--latents", folder.Root)),
        new("no implantation", "implantation", ["nothing"], folder => Draw(folder, "--implantation", "nothing")),
        new(
            "latents without latents",
            "latents",
            ["latents"],
            folder => Draw(folder, "--latents", folder.Write("l.safetensors", Tensors.File("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4)))
        ),
        new(
            "latents of another size",
            "latents",
            ["--latents"],
            folder =>
                Draw(
                    folder,
                    "--width",
                    "32",
                    "--latents",
                    folder.Write("l.safetensors", Tensors.File("""{"latents":{"dtype":"F32","shape":[1,4,1,1],"data_offsets":[0,16]}}""", 16))
                )
        ),
    ];

    private static string[] Cat(TestFolder folder, params string[] more) => Cat(folder, null, null, null, more);

    private static string[] Cat(TestFolder folder, string? image = null, string? mask = null, string? name = null, params string[] more) =>
        [
            "implant",
            "--image",
            image ?? Repository.Sample("cat.png"),
            "--mask",
            mask ?? Repository.Sample("cat-mask.png"),
            "--class",
            name ?? "cat",
            "--out",
            folder["out"],
            .. more,
        ];

    private static string[] Objects(TestFolder folder, params string[] objects) =>
        [
            "implant",
            "--image",
            Repository.Sample("cat.png"),
            "--out",
            folder["out"],
            .. objects.SelectMany(o => new[] { "--object", $"mask={Repository.Sample("cat-mask.png")},{o}" }),
        ];

    // A model whose graph (7) has an initializer (5) with one entry of external_data (13).
    private static byte[] ExternalOnnx => [0x3a, 4, 0x2a, 2, 0x6a, 0];

    private static string[] Masked(TestFolder folder, params string[] more) =>
        ["mask", "--image", Repository.Sample("cat.png"), "--out", folder["out/m.png"], .. more];

    private static string[] Boxed(TestFolder folder, params string[] more) =>
        ["implant", "--image", Repository.Sample("cat.png"), "--class", "cat", "--out", folder["out"], .. more];

    private static string[] Draw(TestFolder folder, params string[] more) => ["generate", "--prompt", "a cat", "--out", folder["out"], .. more];

    private static string[] Model(TestFolder folder, Action<string> damage)
    {
        var model = folder.LinkModel("model");
        damage(model);
        return Cat(folder, "--model", model);
    }

    private static string[] Weights(TestFolder folder, byte[] bytes) =>
        Model(
            folder,
            model =>
            {
                var file = Path.Combine(model, "text_encoder", "model.safetensors");
                File.Delete(file);
                File.WriteAllBytes(file, bytes);
            }
        );
}
