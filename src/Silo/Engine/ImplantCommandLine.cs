using System.Collections.Immutable;
using System.Globalization;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Results;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Silo.Engine;

/// <summary>A request as the command that asks for the same.</summary>
public static class ImplantCommandLine
{
    private const string Photo = "photo.png";

    private static readonly (MoreLoraTargets Layer, string Word)[] s_layers =
    [
        (MoreLoraTargets.FeedForward, "ff"),
        (MoreLoraTargets.ProjectionIn, "proj_in"),
        (MoreLoraTargets.ProjectionOut, "proj_out"),
        (MoreLoraTargets.Convolutions, "conv"),
        (MoreLoraTargets.TimeProjections, "time_emb_proj"),
    ];

    /// <summary>Writes the command: names, files, and every option that is not at its default.</summary>
    /// <param name="request">The request, of which every object has a mask.</param>
    /// <param name="precision">What its job computes in, which another machine might choose otherwise.</param>
    /// <returns>The command, with names of its own for the files.</returns>
    public static RepeatCommand Of(ImplantationRequest request, Precision precision)
    {
        ArgumentNullException.ThrowIfNull(request);
        var masks = request.Objects.Select((_, i) => MaskFiles.NameOf(request, i)).ToList();
        List<string> words = ["oneshot", "implant", "--image", Photo];
        if (request.Objects.Length == 1)
        {
            words.AddRange(["--mask", masks[0], "--class", request.Objects[0].Class, "--token", request.Objects[0].Token]);
        }
        else
        {
            words.AddRange(request.Objects.SelectMany((o, i) => new[] { "--object", $"mask={masks[i]},class={o.Class},token={o.Token}" }));
        }

        words.AddRange(["--model", request.Model.Name]);
        words.AddRange(request.Model.Clip is { } clip ? ["--clip", clip] : []);
        words.AddRange(["--name", request.Name]);
        words.AddRange(["--seed", request.Seed.ToString(CultureInfo.InvariantCulture)]);
        words.AddRange(Changed(request.Samples));
        words.AddRange(Changed(request.Training with { Precision = precision }));
        words.AddRange(Changed(request.Method));
        words.AddRange(["--out", "out"]);
        return new RepeatCommand(
            string.Join(' ', words.Select(ShellWords.Quote)),
            [new RepeatFile(Photo, request.Image), .. request.Objects.Select((o, i) => new RepeatFile(masks[i], o.Mask!))]
        );
    }

    private static IEnumerable<string> Changed<T>(T options)
        where T : class, new()
    {
        var defaults = new T();
        foreach (var setting in Setting.Of(typeof(T)).Where(setting => setting.Option is not null))
        {
            var (value, otherwise) = (setting.Property.GetValue(options), setting.Property.GetValue(defaults));
            switch (value)
            {
                case LoraTargets targets when options is TrainingOptions training:
                    if (training.Targets != LoraTargets.Attention || training.MoreTargets != MoreLoraTargets.None)
                    {
                        yield return setting.Option!.Name;
                        yield return string.Join(
                            ',',
                            [Setting.WordOf(targets), .. s_layers.Where(l => training.MoreTargets.HasFlag(l.Layer)).Select(l => l.Word)]
                        );
                    }

                    break;
                case ImmutableArray<string> texts:
                    foreach (var text in texts)
                    {
                        // What looks like an option would be taken for one.
                        foreach (var word in text.StartsWith('-') ? new[] { $"{setting.Option!.Name}={text}" } : [setting.Option!.Name, text])
                        {
                            yield return word;
                        }
                    }

                    break;
                case bool when !Equals(value, otherwise):
                    yield return setting.Option!.Name;
                    break;
                case not null when !Equals(value, otherwise):
                    yield return setting.Option!.Name;
                    yield return value is 0 && setting.Option.ZeroWord is { } zero ? zero : Text(value);
                    break;
                default:
                    break;
            }
        }
    }

    private static string Text(object value) =>
        value switch
        {
            Enum choice => Setting.WordOf(choice),
            FanOutOptions fanOut => fanOut.ToString(),
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => (string)value,
        };
}
