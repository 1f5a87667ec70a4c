using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Sampling;

namespace OrleansOneShot.Compute.Tests.Implantation;

/// <summary>What frozen models have drawn is drawn once, as long as it is kept.</summary>
public sealed class FrozenPicturesTests
{
    private static readonly FrozenModel s_model = new(new string('a', 64), new string('b', 64), "Float32", "cpu");
    private static readonly SamplingRequest s_request = new()
    {
        Prompt = "a cat",
        Width = 8,
        Height = 8,
    };

    private readonly FrozenPictures _pictures = new();
    private int _drawn;

    [Fact]
    public void GetOrDraw_TheSame_IsDrawnOnce()
    {
        var first = Draw(new FrozenDrawing(s_model, s_request));
        var second = Draw(new FrozenDrawing(s_model with { }, s_request with { }));

        Assert.Same(first, second);
        Assert.Equal(1, _drawn);
    }

    public static TheoryData<string> Differences => ["weights", "configuration", "type", "device", "prompt", "seed", "steps", "guidance", "count", "noise"];

    [Theory]
    [MemberData(nameof(Differences))]
    public void GetOrDraw_WhatDiffersInOneThing_IsDrawnItself(string what)
    {
        Draw(new FrozenDrawing(s_model, s_request));
        Draw(
            what switch
            {
                "weights" => new FrozenDrawing(s_model with { Hash = new string('c', 64) }, s_request),
                "configuration" => new FrozenDrawing(s_model with { Configuration = new string('c', 64) }, s_request),
                "type" => new FrozenDrawing(s_model with { ComputeType = "BFloat16" }, s_request),
                "device" => new FrozenDrawing(s_model with { Device = "cuda:0" }, s_request),
                "prompt" => new FrozenDrawing(s_model, s_request with { Prompt = "a dog" }),
                "seed" => new FrozenDrawing(s_model, s_request with { Seed = 1 }),
                "steps" => new FrozenDrawing(s_model, s_request with { Steps = 3 }),
                "guidance" => new FrozenDrawing(s_model, s_request with { GuidanceScale = 3 }),
                "count" => new FrozenDrawing(s_model, s_request with { Count = 2 }),
                _ => new FrozenDrawing(s_model, s_request, "class pictures from 16"),
            }
        );

        Assert.Equal(2, _drawn);
    }

    [Fact]
    public void GetOrDraw_MoreThanIsKept_ForgetsWhatWasWantedLongestAgo()
    {
        // Three of a quarter fit beside each other with a fourth, and not with a fifth.
        var side = (int)Math.Sqrt(FrozenPictures.MostBytes / 4 / 3);
        var keys = Enumerable.Range(0, 5).Select(seed => new FrozenDrawing(s_model, s_request with { Seed = seed })).ToList();
        foreach (var key in keys.Take(4))
        {
            Draw(key, side);
        }

        Draw(keys[0], side);
        Draw(keys[4], side);
        Assert.Equal(5, _drawn);

        Draw(keys[0], side);
        Assert.Equal(5, _drawn);
        Draw(keys[1], side);
        Assert.Equal(6, _drawn);
    }

    [Fact]
    public void GetOrDraw_MoreThanFits_IsDrawnAndNotKept()
    {
        var key = new FrozenDrawing(s_model, s_request);
        var side = (int)Math.Sqrt(FrozenPictures.MostBytes / 3) + 1;

        Draw(key, side);
        Draw(key, side);

        Assert.Equal(2, _drawn);
    }

    [Fact]
    public void GetOrDraw_WhatFails_IsTriedAgain()
    {
        var key = new FrozenDrawing(s_model, s_request);

        Assert.Throws<IOException>(() => _pictures.GetOrDraw(key, () => throw new IOException("no")));
        Draw(key);

        Assert.Equal(1, _drawn);
    }

    private IReadOnlyList<RgbImage> Draw(FrozenDrawing drawing, int side = 1) =>
        _pictures.GetOrDraw(
            drawing,
            () =>
            {
                _drawn++;
                return [new RgbImage(side, side, new byte[side * side * 3])];
            }
        );
}
