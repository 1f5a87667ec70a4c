using SkiaSharp;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>The reference crops beside the pictures that were drawn, with prompts as captions. Same input, same pixels.</summary>
public sealed class ContactSheet
{
    private const int Padding = 28;
    private const int Gap = 12;
    private const int BlockGap = 24;
    private const int LineHeight = 20;
    private const int CaptionLines = 3;
    private const int LargestTile = 320;
    private const int GridWidth = 1320;
    private const int MostPictures = 96;
    private const int MostReferences = 8;

    private static readonly SKColor s_ink = new(0x1F, 0x23, 0x28);
    private static readonly SKColor s_muted = new(0x6B, 0x72, 0x80);
    private static readonly SKColor s_line = new(0xE3, 0xE5, 0xE8);

    private readonly string _title;
    private readonly IReadOnlyList<SheetPicture> _references;
    private readonly IReadOnlyList<SheetPicture> _pictures;
    private readonly int _left;
    private readonly string? _footer;
    private readonly int _tile;

    private ContactSheet(string title, IReadOnlyList<SheetPicture> references, IReadOnlyList<SheetPicture> pictures)
    {
        _title = title;
        _references = [.. references.Take(MostReferences)];
        _pictures = [.. pictures.Take(MostPictures)];
        _left = references.Count + pictures.Count - _references.Count - _pictures.Count;
        _footer = _left > 0 ? $"and {_left} more" : null;
        _tile = TileFor(_references.Concat(_pictures).Max(p => Math.Max(p.Image.Width, p.Image.Height)));
    }

    /// <summary>Draws a sheet.</summary>
    /// <param name="title">The line on top, such as the job's name.</param>
    /// <param name="references">What was trained on, shown at the left; at most 8 are shown.</param>
    /// <param name="pictures">What was drawn, in order; at most 96 are shown.</param>
    /// <returns>The sheet; write it with <see cref="PngWriter"/>.</returns>
    /// <exception cref="ArgumentException">There is nothing to show.</exception>
    public static RgbImage Render(string title, IReadOnlyList<SheetPicture> references, IReadOnlyList<SheetPicture> pictures)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(references);
        ArgumentNullException.ThrowIfNull(pictures);
        if (references.Count + pictures.Count == 0)
        {
            throw new ArgumentException("A contact sheet needs a picture.", nameof(pictures));
        }

        return new ContactSheet(title, references, pictures).Draw();
    }

    /// <summary>Small pictures are doubled or trebled, large ones shrunk.</summary>
    internal static int TileFor(int longSide) =>
        longSide switch
        {
            <= 96 => longSide * 3,
            <= 192 => longSide * 2,
            _ => Math.Min(longSide, LargestTile),
        };

    private RgbImage Draw()
    {
        using var font = Font(EmbeddedFonts.Regular, 14);
        using var heading = Font(EmbeddedFonts.Medium, 20);
        var columns = Columns();
        var shelves = Shelves(Blocks(columns, font), columns);
        var references = _references.Select(r => new Block([r.Image], Wrap(r.Caption, _tile, font))).ToList();

        var referenceWidth = references.Count > 0 ? _tile : 0;
        var split = references.Count > 0 && shelves.Count > 0 ? 2 * BlockGap : 0;
        var gridWidth = shelves.Count > 0 ? shelves.Max(s => s.Sum(b => WidthOf(b)) + ((s.Count - 1) * BlockGap)) : 0;
        var top = Padding + (_title.Length > 0 ? LineHeight + 20 : 0);
        var height = Math.Max(references.Sum(HeightOf), shelves.Sum(s => s.Max(HeightOf))) - BlockGap;
        var width = Math.Max(referenceWidth + split + gridWidth, 2 * _tile);
        var titleLine = Wrap(_title, width, heading, 1);

        using var canvas = new PictureCanvas(width + (2 * Padding), top + height + Padding + (_footer is null ? 0 : LineHeight));
        using var ink = new SKPaint { Color = s_ink, IsAntialias = true };
        using var muted = new SKPaint { Color = s_muted, IsAntialias = true };
        using var line = new SKPaint { Color = s_line, StrokeWidth = 1 };
        foreach (var text in titleLine)
        {
            canvas.Canvas.DrawText(text, Padding, Padding + 18, heading, ink);
        }

        var y = top;
        foreach (var block in references)
        {
            DrawBlock(canvas, block, Padding, y, font, muted);
            y += HeightOf(block);
        }

        if (split > 0)
        {
            var x = Padding + referenceWidth + BlockGap + 0.5f;
            canvas.Canvas.DrawLine(x, top, x, top + height, line);
        }

        y = top;
        foreach (var shelf in shelves)
        {
            var x = Padding + referenceWidth + split;
            foreach (var block in shelf)
            {
                DrawBlock(canvas, block, x, y, font, ink);
                x += WidthOf(block) + BlockGap;
            }

            y += shelf.Max(HeightOf);
        }

        if (_footer is not null)
        {
            canvas.Canvas.DrawText(_footer, Padding + referenceWidth + split, top + height + LineHeight, font, muted);
        }

        return canvas.ToImage();
    }

    // As many as fit, in whole runs: pictures two a prompt take four columns rather than five.
    private int Columns()
    {
        var fitting = Math.Clamp((GridWidth + Gap) / (_tile + Gap), 2, 6);
        var run = _pictures.Count == 0 ? 1 : _pictures.CountBy(p => p.Caption).Max(c => c.Value);
        return run > fitting ? fitting : fitting / run * run;
    }

    // Runs of one caption, at most a row wide each.
    private List<Block> Blocks(int columns, SKFont font)
    {
        List<Block> blocks = [];
        var i = 0;
        while (i < _pictures.Count)
        {
            var caption = _pictures[i].Caption;
            var images = _pictures.Skip(i).Take(columns).TakeWhile(p => p.Caption == caption).Select(p => p.Image).ToList();
            var width = (images.Count * _tile) + ((images.Count - 1) * Gap);
            blocks.Add(new Block(images, Wrap(caption, width, font)));
            i += images.Count;
        }

        return blocks;
    }

    private static List<List<Block>> Shelves(List<Block> blocks, int columns)
    {
        List<List<Block>> shelves = [];
        var used = columns;
        foreach (var block in blocks)
        {
            if (used + block.Images.Count > columns)
            {
                shelves.Add([]);
                used = 0;
            }

            shelves[^1].Add(block);
            used += block.Images.Count;
        }

        return shelves;
    }

    private void DrawBlock(PictureCanvas canvas, Block block, int x, int y, SKFont font, SKPaint paint)
    {
        for (var i = 0; i < block.Images.Count; i++)
        {
            var image = Fit(block.Images[i]);
            canvas.Draw(image, x + (i * (_tile + Gap)) + ((_tile - image.Width) / 2), y + ((_tile - image.Height) / 2));
        }

        for (var i = 0; i < block.Caption.Count; i++)
        {
            canvas.Canvas.DrawText(block.Caption[i], x, y + _tile + 2 + ((i + 1) * LineHeight), font, paint);
        }
    }

    private RgbImage Fit(RgbImage image)
    {
        var scale = (double)_tile / Math.Max(image.Width, image.Height);
        return image.Resize(Math.Max((int)Math.Round(image.Width * scale), 1), Math.Max((int)Math.Round(image.Height * scale), 1));
    }

    private int WidthOf(Block block) => (block.Images.Count * _tile) + ((block.Images.Count - 1) * Gap);

    private int HeightOf(Block block) => _tile + (block.Caption.Count * LineHeight) + 6 + BlockGap;

    private static IReadOnlyList<string> Wrap(string text, int width, SKFont font, int lines = CaptionLines) =>
        TextLayout.Wrap(text, width, lines, s => font.MeasureText(s));

    private static SKFont Font(SKTypeface face, float size) =>
        new(face, size)
        {
            Edging = SKFontEdging.Antialias,
            Hinting = SKFontHinting.None,
            Subpixel = true,
        };

    private sealed record Block(IReadOnlyList<RgbImage> Images, IReadOnlyList<string> Caption);
}

/// <summary>A picture of a contact sheet.</summary>
/// <param name="Image">The picture, of any size.</param>
/// <param name="Caption">Its prompt, or what it is. Neighbours of one caption share it.</param>
public sealed record SheetPicture(RgbImage Image, string Caption);
