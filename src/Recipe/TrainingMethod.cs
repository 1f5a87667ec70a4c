namespace OrleansOneShot.Recipe;

/// <summary>How an object is taught to a model.</summary>
public enum TrainingMethod
{
    /// <summary>Lu, Xie and Guo 2024: LoRA and token vectors, with prototype, object loss and class loss.</summary>
    Ours = 0,

    /// <summary>LoRA alone, called by a rare word before the class name (diffusers' <c>train_dreambooth_lora.py</c>).</summary>
    Lora = 1,

    /// <summary>Textual Inversion (Gal et al. 2022): token vectors alone, the model frozen.</summary>
    TextualInversion = 2,

    /// <summary>DreamBooth (Ruiz et al. 2022): the whole UNet, with prior preservation.</summary>
    Dreambooth = 3,
}

/// <summary>What holds of a method where neither a request nor the model says otherwise: as in diffusers' scripts and their instructions.</summary>
public static class TrainingMethods
{
    /// <summary>What people call it.</summary>
    /// <param name="method">The method.</param>
    public static string Title(this TrainingMethod method) =>
        method switch
        {
            TrainingMethod.Lora => "plain LoRA",
            TrainingMethod.TextualInversion => "Textual Inversion",
            TrainingMethod.Dreambooth => "DreamBooth",
            _ => "the prototypical method",
        };

    /// <summary>Whether it trains a LoRA.</summary>
    /// <param name="method">The method.</param>
    public static bool HasLora(this TrainingMethod method) => method is TrainingMethod.Ours or TrainingMethod.Lora;

    /// <summary>Whether it learns token vectors; without, an identifier stands for words that the model knows.</summary>
    /// <param name="method">The method.</param>
    public static bool LearnsVectors(this TrainingMethod method) => method is TrainingMethod.Ours or TrainingMethod.TextualInversion;

    /// <summary>Whether the photo may be varied from step to step; Textual Inversion mirrors it in a way of its own.</summary>
    /// <param name="method">The method.</param>
    public static bool TakesAugmentations(this TrainingMethod method) => method != TrainingMethod.TextualInversion;

    /// <summary>Training steps.</summary>
    /// <param name="method">The method.</param>
    public static int Steps(this TrainingMethod method) =>
        method switch
        {
            TrainingMethod.Lora => 500,
            TrainingMethod.TextualInversion => 3000,
            TrainingMethod.Dreambooth => 400,
            _ => Defaults.Steps,
        };

    /// <summary>AdamW's learning rate.</summary>
    /// <param name="method">The method.</param>
    public static double LearningRate(this TrainingMethod method) =>
        method switch
        {
            TrainingMethod.TextualInversion => 5e-4,
            TrainingMethod.Dreambooth => 5e-6,
            _ => Defaults.LearningRate,
        };

    /// <summary>Learned vectors an object.</summary>
    /// <param name="method">One that learns vectors.</param>
    public static int Vectors(this TrainingMethod method) => method == TrainingMethod.TextualInversion ? 1 : Defaults.Vectors;
}
