namespace OrleansOneShot.Recipe;

/// <summary>The method's defaults: what holds where neither a request nor the model's <c>oneshot.json</c> says otherwise.</summary>
public static class Defaults
{
    /// <summary>The base model that is taken when none is named: the one that ships.</summary>
    public const string Model = "toyworld-64";

    /// <summary>n: learned vectors an object.</summary>
    public const int Vectors = 4;

    /// <summary>k of eq. 5: objects drawn a step.</summary>
    public const int SubsetSize = 2;

    /// <summary>alpha_cl of eq. 3.</summary>
    public const double ClassLossAlpha = 1;

    /// <summary>p_cl of eq. 3.</summary>
    public const double ClassLossProbability = 1;

    /// <summary>Learning rate of the prototypical embedding.</summary>
    public const double PrototypeLearningRate = 0.01;

    /// <summary>Most steps of the prototypical embedding.</summary>
    public const int PrototypeSteps = 300;

    /// <summary>DreamBooth's class pictures.</summary>
    public const int ClassPictures = 100;

    /// <summary>Weight of DreamBooth's loss on class pictures.</summary>
    public const double PriorWeight = 1;

    /// <summary>How far the object loss's masks are grown, and how much their edges are blurred: they are taken as they are.</summary>
    public const double MaskEdge = 0;

    /// <summary>Training steps.</summary>
    public const int Steps = 100;

    /// <summary>AdamW's learning rate.</summary>
    public const double LearningRate = 1e-4;

    /// <summary>gamma of min-SNR weights: none.</summary>
    public const double MinSnrGamma = 0;

    /// <summary>AdamW's decoupled weight decay.</summary>
    public const double WeightDecay = 0.01;

    /// <summary>LoRA's rank; alpha is the rank where it isn't given.</summary>
    public const int Rank = 4;

    /// <summary>Side of the training crop in pixels.</summary>
    public const int Resolution = 512;

    /// <summary>Steps between two checkpoints.</summary>
    public const int CheckpointEvery = 10;

    /// <summary>Steps between two previews.</summary>
    public const int PreviewEvery = 50;

    /// <summary>Training prompt; <c>{}</c> stands for the tokens.</summary>
    public const string PromptTemplate = "a photo of {}";

    /// <summary>Pictures a prompt after training.</summary>
    public const int PicturesPerPrompt = 2;

    /// <summary>How noise becomes a picture; one of <see cref="Samplers.Names"/>.</summary>
    public const string Scheduler = Samplers.DpmSolver;

    /// <summary>Sampling steps.</summary>
    public const int SamplingSteps = 25;

    /// <summary>Scale of classifier-free guidance.</summary>
    public const double GuidanceScale = 7.5;

    /// <summary>What computes.</summary>
    public const string Device = Devices.Auto;
}
