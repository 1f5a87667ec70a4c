using System.Collections.Immutable;
using System.CommandLine;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation.Methods;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;
using SamplingCheck = OrleansOneShot.Compute.Implantation.SamplingCheck;
using TrainingPromptFit = OrleansOneShot.Compute.Implantation.TrainingPromptFit;

namespace OrleansOneShot.Cli.Validation;

/// <summary>A checked <c>implant</c>: all that can be found wrong without training has been.</summary>
/// <param name="Photo">The input files.</param>
/// <param name="Notes">What people should know before the job begins, each a sentence.</param>
/// <param name="Model">The model; null where only the server has it.</param>
/// <param name="Out">Absolute path of the output folder; or null.</param>
/// <param name="Request">The request, whose hashes are not yet set.</param>
internal sealed record ImplantPlan(Photo Photo, IReadOnlyList<string> Notes, ModelChoice? Model, string? Out, ImplantationRequest Request)
{
    /// <summary>Checks a command line.</summary>
    /// <param name="options">The options.</param>
    /// <param name="parsed">Their values.</param>
    /// <param name="catalog">Known models.</param>
    /// <param name="server">Whether the job goes to a server, which knows models by name, and of which this machine has no more than those that ship.</param>
    /// <param name="cancellationToken">Stops between the steps of making masks.</param>
    /// <returns>The plan; nothing is created or remembered.</returns>
    /// <exception cref="InvalidInputException">Something can't be used.</exception>
    public static ImplantPlan Make(
        ImplantOptions options,
        ParseResult parsed,
        ModelCatalog catalog,
        bool server = false,
        CancellationToken cancellationToken = default
    )
    {
        var arguments = Objects(options, parsed);
        var classes = arguments.Select(argument => ClassName.Check(argument.Class)).ToList();
        string?[] given = [.. arguments.Select(argument => argument.Token)];
        var tokens = Identifiers.Choose(given, classes);
        var (method, training, samples) = (options.Method.Read(parsed), options.Training.Read(parsed), options.Samples.Read(parsed));
        CheckMethod(method, training);
        CheckPrompts(samples.Prompts);
        var prompts = PromptTexts.Read(samples.Prompts, "prompt", tokens, refuses: true);
        var folder = parsed.GetValue(options.Out) is { } path ? ResultFolder.Check(path) : null;
        var (named, clip) = (parsed.GetValue(options.Model), parsed.GetValue(options.Clip));
        var model = server ? ModelChoice.OpenShipped(catalog, named, clip) : ModelChoice.Open(catalog, named, clip);
        var reference = new ModelReference { Name = model?.Entry.Name ?? named ?? ModelCatalog.Default, Clip = model is null ? clip : model.Clip?.Name };
        if (model is not null)
        {
            CheckModel(model, classes, tokens, method, training, samples);
        }

        var name = Name(parsed.GetValue(options.Name), tokens);
        var photo = Photo.Read(parsed.GetRequiredValue(options.Image), arguments, tokens, cancellationToken);
        var request = new ImplantationRequest
        {
            Name = name,
            Owner = parsed.GetValue(options.Owner) ?? ClusterTransport.DefaultOwner,
            Priority = (int)parsed.GetValue(options.Priority)!.Value,
            Metadata = options.Metadata.Read(parsed),
            Seed = parsed.GetValue(options.Seed)!.Value,
            Image = "",
            Objects =
            [
                .. classes.Select(
                    (text, i) =>
                        new ObjectSpec
                        {
                            Class = text,
                            Token = tokens[i],
                            Mask = "",
                        }
                ),
            ],
            Model = reference,
            Method = method,
            Training = training,
            Samples = samples with { Prompts = [.. prompts.Prompts] },
        };
        if (RequestValidator.Find(request).FirstOrDefault(problem => problem.Field == "owner") is { } wrong)
        {
            throw new InvalidInputException($"--{wrong.Message}", "owner");
        }

        return new ImplantPlan(
            photo,
            [
                .. Identifiers.Notes(given, classes, tokens),
                .. prompts.Notes,
                .. photo.Warnings,
                .. model is null ? [$"The server checks what depends on its model {reference.Name}; the rest was checked here."] : Array.Empty<string>(),
            ],
            model,
            folder,
            request
        );
    }

    /// <summary>Puts the input files into a store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The complete request.</returns>
    public Task<ImplantationRequest> UploadAsync(IArtifactStore store, CancellationToken cancellationToken) =>
        new InputUpload(store).RunAsync(
            Request,
            InputFile.Of(Photo.Image, "of the command"),
            [.. Photo.Masks.Zip(Request.Objects, (mask, item) => InputFile.Of(mask, $"of {item.Token}"))],
            cancellationToken: cancellationToken
        );

    /// <summary>The same job as a client submits it.</summary>
    /// <returns>The job with its files.</returns>
    public Implantation ToImplantation() =>
        new(InputFile.Of(Photo.Image, "of the command"))
        {
            Objects =
            [
                .. Photo.Masks.Zip(Request.Objects, (mask, item) => new ImplantationObject(item.Class, InputFile.Of(mask, $"of {item.Token}"), item.Token)),
            ],
            Model = Request.Model.Name,
            Clip = Request.Model.Clip,
            Name = Request.Name,
            Seed = Request.Seed,
            Priority = Request.Priority,
            Metadata = Request.Metadata,
            Method = Request.Method,
            Training = Request.Training,
            Samples = Request.Samples,
        };

    /// <summary>The model, where this machine must have it.</summary>
    /// <exception cref="InvalidOperationException">The plan was made for a server.</exception>
    public ModelChoice RequireModel() => Model ?? throw new InvalidOperationException("The plan was made for a server, whose model is not here.");

    /// <summary>Checks what depends on the model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="classes">The objects' class names.</param>
    /// <param name="tokens">Their identifiers.</param>
    /// <param name="method">Options of the method.</param>
    /// <param name="training">Options of the training.</param>
    /// <param name="samples">Options of the pictures.</param>
    /// <exception cref="InvalidInputException">The model can't do that.</exception>
    internal static void CheckModel(
        ModelChoice model,
        IReadOnlyList<string> classes,
        IReadOnlyList<string> tokens,
        MethodOptions method,
        TrainingOptions training,
        SampleOptions samples
    )
    {
        SamplingCheck.Require(model.Folder, samples.Scheduler, samples.Steps, draws: samples.PerPrompt > 0);
        foreach (var token in tokens)
        {
            model.CheckToken(token);
        }

        TrainingPromptFit.Require(model.Folder, [.. classes.Zip(tokens)], method);
        model.CheckSide(training.Resolution, "resolution");
        CheckMemory(model.Folder, method, training);
        if (model.Folder.Clip is null && method.Name == TrainingMethod.Ours && (method.Prototype || method.ClassLoss))
        {
            throw new InvalidInputException(
                $"The model {model.Entry.Name} has no CLIP, which the prototype and the class loss need.",
                "clip",
                "Give its CLIP with --clip, or switch both off with --no-prototype --no-class-loss."
            );
        }
    }

    // A cluster's silos have devices of their own; what they have, they say.
    private static void CheckMemory(ModelFolder folder, MethodOptions method, TrainingOptions training)
    {
        if (training.Device == Devices.Cpu)
        {
            MethodFit.Require(folder, method.Name, training.Resolution ?? folder.Defaults.Resolution ?? Defaults.Resolution, Devices.Cpu);
        }
    }

    private static void CheckMethod(MethodOptions method, TrainingOptions training)
    {
        if (MethodRules.Find(method, training).FirstOrDefault() is { } problem)
        {
            var option = problem.Setting.Option?.Name ?? Setting.Of<TrainingOptions>(options => options.Targets).Option!.Name;
            throw new InvalidInputException($"{option} {problem.Problem}", option.TrimStart('-'));
        }
    }

    private static List<ObjectArgument> Objects(ImplantOptions options, ParseResult parsed)
    {
        var texts = parsed.GetValue(options.Object) ?? [];
        var (mask, name, token) = (parsed.GetValue(options.Mask), parsed.GetValue(options.Class), parsed.GetValue(options.Token));
        var prompt = options.Prompt.Read(parsed);
        var reading = new MaskReading { Invert = parsed.GetValue(options.MaskInvert), Value = parsed.GetValue(options.MaskValue) };
        if ((reading.Invert || reading.Value is not null) && mask is null)
        {
            throw new InvalidInputException(
                "--mask-invert and --mask-value say how --mask is read, which was not given.",
                reading.Invert ? "mask-invert" : "mask-value",
                "In --object, write invert or value=N behind the mask."
            );
        }

        if (texts.Length > 0 && ((mask ?? name ?? token) is not null || prompt is not null))
        {
            throw new InvalidInputException("--object stands instead of --mask, --box, --point, --class and --token; give one or the other.", "object");
        }

        if (mask is not null && prompt is not null)
        {
            throw new InvalidInputException(
                "--mask was given, and a box or points from which to make one.",
                prompt.Box is null ? "point" : "box",
                "Give one or the other."
            );
        }

        if (texts.Length == 0 && mask is null && prompt is null)
        {
            throw new InvalidInputException(
                "--mask is missing.",
                "mask",
                "Give the object's mask, a picture that is white where the object is, or a box around the object with --box x,y,w,h."
            );
        }

        if (texts.Length > TextRules.Objects)
        {
            throw new InvalidInputException($"{texts.Length} objects were given; at most {TextRules.Objects} are allowed.", "object");
        }

        return texts.Length > 0
            ? [.. texts.Select(ObjectArgument.Parse)]
            :
            [
                new ObjectArgument(
                    mask,
                    prompt,
                    name ?? throw new InvalidInputException("--class is missing.", "class", "Say what the object is, such as --class cat."),
                    token,
                    reading
                ),
            ];
    }

    private static void CheckPrompts(ImmutableArray<string> prompts)
    {
        if (prompts.Length > TextRules.Prompts)
        {
            throw new InvalidInputException($"{prompts.Length} prompts were given; at most {TextRules.Prompts} are allowed.", "prompt");
        }

        if (prompts.FirstOrDefault(prompt => prompt.Length > TextRules.Prompt) is { } longest)
        {
            throw new InvalidInputException($"A prompt has {longest.Length} characters; at most {TextRules.Prompt} are allowed.", "prompt");
        }
    }

    private static string Name(string? given, List<string> tokens)
    {
        var name = given ?? Identifier.NameOf(tokens);
        return TextRules.IsName(name)
            ? name
            : throw new InvalidInputException(
                $"'{name}' can't name the LoRA's file: it must begin with a letter or digit and hold only letters, digits, -, _ and ., {TextRules.Name} at "
                    + $"most.",
                "name",
                "Give another --name."
            );
    }
}
