using OrleansOneShot.Common;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Schedulers;

/// <summary>Makes schedulers by the names of the command line.</summary>
public static class SchedulerFactory
{
    /// <summary>Makes a scheduler with the settings of a model's own scheduler (diffusers' <c>from_config</c>).</summary>
    /// <param name="name">One of <see cref="Samplers.Names"/>.</param>
    /// <param name="config">The model's scheduler configuration.</param>
    /// <param name="steps">Denoising steps, 1 to <see cref="GenerationOptions.MaxSteps"/> and at most the schedule's length.</param>
    /// <returns>A scheduler ready for call 0.</returns>
    /// <exception cref="InvalidInputException">
    /// The name is unknown, the number of steps is out of range, or the configuration asks for something not supported.
    /// </exception>
    public static IScheduler Create(string name, SchedulerConfig config, int steps)
    {
        var most = Math.Min(GenerationOptions.MaxSteps, config.TrainTimesteps);
        if (steps < 1 || steps > most)
        {
            throw new InvalidInputException($"steps is {steps}; it must be 1 to {most}.", "steps", "20 to 50 steps are usual.");
        }
        IScheduler scheduler = name switch
        {
            Samplers.DpmSolver => new DpmSolverMultistepScheduler(config, steps),
            Samplers.Ddim => new DdimScheduler(config, steps),
            Samplers.Euler => new EulerScheduler(config, steps),
            Samplers.Pndm => new PndmScheduler(config, steps),
            _ => throw new InvalidInputException(
                $"There is no scheduler \"{Wording.Cut(name, 80)}\".",
                "scheduler",
                $"Use one of {Wording.List(Samplers.Names)}."
            ),
        };

        // Leading spacing with an offset can leave the schedule when there are as many steps as timesteps; diffusers then fails on an index.
        if (scheduler.Timesteps[0] > config.TrainTimesteps - 1)
        {
            scheduler.Dispose();
            throw SchedulerArguments.TooManySteps(name, steps, config.TrainTimesteps);
        }

        return scheduler;
    }

    /// <summary>Refuses what <see cref="Create"/> would refuse, before anything was spent on it.</summary>
    /// <param name="name">One of <see cref="Samplers.Names"/>.</param>
    /// <param name="config">The model's scheduler configuration.</param>
    /// <param name="steps">Denoising steps.</param>
    /// <exception cref="InvalidInputException">As for <see cref="Create"/>.</exception>
    public static void Require(string name, SchedulerConfig config, int steps)
    {
        TorchRuntime.Initialise();
        Create(name, config, steps).Dispose();
    }

    /// <summary>The name of the scheduler a model was published with, from <c>_class_name</c>.</summary>
    /// <param name="config">The model's scheduler configuration.</param>
    /// <returns>One of <see cref="Samplers.Names"/>.</returns>
    /// <exception cref="InvalidInputException">The class is absent or not one of the four built here.</exception>
    public static string NameOf(SchedulerConfig config) =>
        config.ClassName switch
        {
            "DPMSolverMultistepScheduler" => Samplers.DpmSolver,
            "DDIMScheduler" => Samplers.Ddim,
            "EulerDiscreteScheduler" => Samplers.Euler,
            "PNDMScheduler" => Samplers.Pndm,
            null => throw new InvalidInputException(
                "scheduler_config.json lacks _class_name.",
                "scheduler",
                $"Name a scheduler: {Wording.List(Samplers.Names)}."
            ),
            var other => throw new InvalidInputException(
                $"scheduler_config.json: _class_name is \"{Wording.Cut(other, 80)}\", which is not built here.",
                "scheduler",
                $"Name a scheduler: {Wording.List(Samplers.Names)}."
            ),
        };
}
