using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using OrleansOneShot.Common;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Schedulers;

/// <summary>
/// A model's <c>scheduler_config.json</c>. Values the file does not give stay null, so that each scheduler class fills in its own default, as diffusers'
/// <c>from_config</c> does: SD 1.5's file has no <c>timestep_spacing</c>, and DDIM and PNDM then lead where DPM-Solver++ and Euler use linspace. Keys a class
/// doesn't know are ignored by it; what would change the result and isn't built is refused by name.
/// </summary>
public sealed partial record SchedulerConfig
{
    private const string FileName = "scheduler_config.json";
    private const long MaxBytes = 1 << 20;

    private static readonly JsonSerializerOptions s_options = new()
    {
        AllowTrailingCommas = false,
        MaxDepth = 16,
        Converters = { new WholeNumberConverter() },
    };

    /// <summary>The class the model was published with, such as <c>PNDMScheduler</c>.</summary>
    [JsonPropertyName("_class_name")]
    public string? ClassName { get; init; }

    /// <summary>Length of the noise schedule; diffusers' default is 1000.</summary>
    [JsonPropertyName("num_train_timesteps")]
    public int? NumTrainTimesteps { get; init; }

    /// <summary>First beta; default 0.0001.</summary>
    [JsonPropertyName("beta_start")]
    public double? BetaStart { get; init; }

    /// <summary>Last beta; default 0.02.</summary>
    [JsonPropertyName("beta_end")]
    public double? BetaEnd { get; init; }

    /// <summary><c>linear</c> (default), <c>scaled_linear</c> or <c>squaredcos_cap_v2</c>.</summary>
    [JsonPropertyName("beta_schedule")]
    public string? BetaSchedule { get; init; }

    /// <summary>Betas given one by one, as many as <see cref="NumTrainTimesteps"/>, in place of the schedule; null: none.</summary>
    [JsonPropertyName("trained_betas")]
    public JsonElement? TrainedBetas { get; init; }

    /// <summary><c>epsilon</c> (default) or <c>v_prediction</c>.</summary>
    [JsonPropertyName("prediction_type")]
    public string? PredictionType { get; init; }

    /// <summary><c>leading</c>, <c>linspace</c> or <c>trailing</c>; the default differs between classes.</summary>
    [JsonPropertyName("timestep_spacing")]
    public string? TimestepSpacing { get; init; }

    /// <summary>Added to every timestep under leading spacing; default 0.</summary>
    [JsonPropertyName("steps_offset")]
    public int? StepsOffset { get; init; }

    /// <summary>Whether the last step goes to abar = 1 instead of abar[0]; DDIM's default is true, PNDM's false.</summary>
    [JsonPropertyName("set_alpha_to_one")]
    public bool? SetAlphaToOne { get; init; }

    /// <summary>DDIM: whether the predicted x0 is clamped; default true.</summary>
    [JsonPropertyName("clip_sample")]
    public bool? ClipSample { get; init; }

    /// <summary>DDIM: the clamp's bound; default 1.</summary>
    [JsonPropertyName("clip_sample_range")]
    public double? ClipSampleRange { get; init; }

    /// <summary>Dynamic thresholding: refused when true.</summary>
    [JsonPropertyName("thresholding")]
    public bool? Thresholding { get; init; }

    /// <summary>
    /// Zero terminal SNR: betas are rescaled so that nothing of the picture is left at the last timestep, in training and sampling (Lin et al. 2024). PNDM has
    /// no such setting.
    /// </summary>
    [JsonPropertyName("rescale_betas_zero_snr")]
    public bool? RescaleBetasZeroSnr { get; init; }

    /// <summary>PNDM: leaves out the Runge-Kutta warm-up. Its default is false, which is not built.</summary>
    [JsonPropertyName("skip_prk_steps")]
    public bool? SkipPrkSteps { get; init; }

    /// <summary>DPM-Solver: 1, 2 (default) or 3.</summary>
    [JsonPropertyName("solver_order")]
    public int? SolverOrder { get; init; }

    /// <summary>
    /// DPM-Solver: <c>dpmsolver++</c> (default), <c>dpmsolver</c>, <c>sde-dpmsolver++</c> or <c>sde-dpmsolver</c>; DEIS' <c>deis</c> counts as
    /// <c>dpmsolver++</c>.
    /// </summary>
    [JsonPropertyName("algorithm_type")]
    public string? AlgorithmType { get; init; }

    /// <summary>
    /// DPM-Solver: <c>midpoint</c> (default) or <c>heun</c>; UniPC's <c>bh1</c> and <c>bh2</c> and DEIS' <c>logrho</c> count as <c>midpoint</c>.
    /// </summary>
    [JsonPropertyName("solver_type")]
    public string? SolverType { get; init; }

    /// <summary>DPM-Solver++: first order at the end of fewer than 15 steps; default true.</summary>
    [JsonPropertyName("lower_order_final")]
    public bool? LowerOrderFinal { get; init; }

    /// <summary>DPM-Solver++: first order at the end of any number of steps; default false.</summary>
    [JsonPropertyName("euler_at_final")]
    public bool? EulerAtFinal { get; init; }

    /// <summary>DPM-Solver++ and Euler: <c>zero</c> (default) or <c>sigma_min</c>.</summary>
    [JsonPropertyName("final_sigmas_type")]
    public string? FinalSigmasType { get; init; }

    /// <summary>DPM-Solver++ and Euler: Karras' spacing of the sigmas; default false.</summary>
    [JsonPropertyName("use_karras_sigmas")]
    public bool? UseKarrasSigmas { get; init; }

    /// <summary>DPM-Solver and Euler: sigmas in a geometric series; default false.</summary>
    [JsonPropertyName("use_exponential_sigmas")]
    public bool? UseExponentialSigmas { get; init; }

    /// <summary>Refused when true.</summary>
    [JsonPropertyName("use_beta_sigmas")]
    public bool? UseBetaSigmas { get; init; }

    /// <summary>DPM-Solver: the logarithms of the sigmas evenly spaced (Lu et al. 2022); default false.</summary>
    [JsonPropertyName("use_lu_lambdas")]
    public bool? UseLuLambdas { get; init; }

    /// <summary>DPM-Solver++: refused when true.</summary>
    [JsonPropertyName("use_flow_sigmas")]
    public bool? UseFlowSigmas { get; init; }

    /// <summary>DPM-Solver: timesteps whose log(alpha / sigma) is less are left out; default minus infinity.</summary>
    [JsonPropertyName("lambda_min_clipped")]
    public JsonElement? LambdaMinClipped { get; init; }

    /// <summary>DPM-Solver++: models that predict their variance are refused.</summary>
    [JsonPropertyName("variance_type")]
    public string? VarianceType { get; init; }

    /// <summary>Euler: <c>linear</c> (default); others are refused.</summary>
    [JsonPropertyName("interpolation_type")]
    public string? InterpolationType { get; init; }

    /// <summary>Euler: <c>discrete</c> (default); <c>continuous</c> is refused where v is predicted.</summary>
    [JsonPropertyName("timestep_type")]
    public string? TimestepType { get; init; }

    /// <summary>Euler: the smallest sigma of Karras' and of exponential spacing; null takes that of the schedule.</summary>
    [JsonPropertyName("sigma_min")]
    public double? SigmaMin { get; init; }

    /// <summary>Euler: the largest sigma of Karras' and of exponential spacing; null takes that of the schedule.</summary>
    [JsonPropertyName("sigma_max")]
    public double? SigmaMax { get; init; }

    /// <summary>What the model predicts.</summary>
    /// <exception cref="InvalidInputException">The file names another kind of prediction.</exception>
    [JsonIgnore]
    public PredictionType Prediction =>
        PredictionType switch
        {
            null or "epsilon" => Recipe.PredictionType.Epsilon,
            "v_prediction" => Recipe.PredictionType.Velocity,
            _ => throw Unsupported("prediction_type", PredictionType, "epsilon and v_prediction"),
        };

    /// <summary>Length of the noise schedule, 1 to 10,000.</summary>
    /// <exception cref="InvalidInputException">The file gives a length outside that range.</exception>
    [JsonIgnore]
    public int TrainTimesteps =>
        (NumTrainTimesteps ?? 1000) is var length and >= 1 and <= 10_000
            ? length
            : throw new InvalidInputException($"{FileName}: num_train_timesteps is {NumTrainTimesteps}; it must be 1 to 10,000.", FileName);

    /// <summary>Reads a scheduler configuration.</summary>
    /// <param name="path">A <c>scheduler_config.json</c> of at most 1 MiB.</param>
    /// <returns>The configuration; nothing is checked yet but the JSON types, since which keys count depends on the scheduler made from it.</returns>
    /// <exception cref="InvalidInputException">The file is missing, too large, or no JSON object of the expected types.</exception>
    public static SchedulerConfig Load(string path)
    {
        try
        {
            if (LinkedFile.Find(path) is not { } file)
            {
                throw new InvalidInputException(LinkedFile.Missing(path), FileName, "A model folder needs scheduler/scheduler_config.json.");
            }
            if (file.Length > MaxBytes)
            {
                throw new InvalidInputException($"{path} has {file.Length:N0} bytes; a scheduler configuration has at most {MaxBytes:N0}.", FileName);
            }
            return Parse(Encoding.UTF8.GetString(StrictUtf8(StrictJson.ReadFile(path, MaxBytes))));
        }
        catch (UnusableJsonException error)
        {
            throw Unusable(error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path} can't be read: {error.Message}", FileName, "Check its permissions.", error);
        }
    }

    /// <summary>Reads a scheduler configuration from JSON text, with Python's bare <c>-Infinity</c> allowed as a value.</summary>
    /// <param name="json">The text.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="InvalidInputException">The text is no JSON object of the expected types.</exception>
    public static SchedulerConfig Parse(string json)
    {
        try
        {
            return StrictJson.Read<SchedulerConfig>(PythonInfinity().Replace(json, "$1\"$2\""), s_options);
        }
        catch (UnusableJsonException error)
        {
            throw Unusable(error);
        }
    }

    private static InvalidInputException Unusable(UnusableJsonException error) =>
        new($"{FileName} {error.Message}.", error.Field is null ? FileName : $"{FileName}: {error.Field}", "Download the file again.", error);

    private static byte[] StrictUtf8(byte[] bytes) => Utf8.IsValid(bytes) ? bytes : throw new UnusableJsonException("is no UTF-8 text");

    /// <summary>An error for a value that no scheduler here implements.</summary>
    internal static InvalidInputException Unsupported(string key, object? value, string supported) =>
        new($"{FileName}: {key} is {Show(value)}, which is not supported; supported: {supported}.", FileName, $"Change {key}, or choose another scheduler.");

    /// <summary>The timestep spacing, or the class's own default.</summary>
    internal string Spacing(string ownDefault) =>
        (TimestepSpacing ?? ownDefault) switch
        {
            "leading" => "leading",
            "linspace" => "linspace",
            "trailing" => "trailing",
            var other => throw Unsupported("timestep_spacing", other, "leading, linspace and trailing"),
        };

    /// <summary>The offset of leading spacing, checked against the schedule's length.</summary>
    internal int Offset() =>
        (StepsOffset ?? 0) is var offset && offset >= 0 && offset < TrainTimesteps
            ? offset
            : throw Unsupported("steps_offset", StepsOffset, $"0 to {TrainTimesteps - 1}");

    /// <summary>Refuses what no scheduler here builds of the spacing of sigmas, and more than one spacing at once.</summary>
    internal void CheckSigmaSpacing()
    {
        RefuseTrue("use_beta_sigmas", UseBetaSigmas);
        if (UseKarrasSigmas == true && UseExponentialSigmas == true)
        {
            throw Unsupported("use_exponential_sigmas", true, "false where use_karras_sigmas is true");
        }
    }

    /// <summary>Whether the last sigma is zero.</summary>
    internal bool FinalSigmaIsZero() =>
        FinalSigmasType switch
        {
            null or "zero" => true,
            "sigma_min" => false,
            _ => throw Unsupported("final_sigmas_type", FinalSigmasType, "zero and sigma_min"),
        };

    /// <summary>Refuses a flag that is set.</summary>
    internal static void RefuseTrue(string key, bool? value)
    {
        if (value == true)
        {
            throw Unsupported(key, value, "false");
        }
    }

    /// <summary>Refuses a text other than the one supported.</summary>
    internal static void RefuseOther(string key, string? value, string supported)
    {
        if (value is not null && value != supported)
        {
            throw Unsupported(key, value, supported);
        }
    }

    private static string Show(object? value) =>
        value switch
        {
            bool flag => flag ? "true" : "false",
            string text => $"\"{Wording.Cut(text, 80)}\"",
            _ => FormattableString.Invariant($"{value}"),
        };

    // json.dumps writes lambda_min_clipped's default as a bare word, which is no JSON.
    [GeneratedRegex("""(:\s*)(-?Infinity|NaN)(?=\s*[,}])""", RegexOptions.CultureInvariant)]
    private static partial Regex PythonInfinity();
}
