namespace OrleansOneShot.Documents.Requests;

/// <summary>What every job is asked with, be it an implantation or a generation: all that its queue, its list and its retention need to know of it.</summary>
public interface IJobRequest
{
    /// <summary>Name of the result, 1 to 64 letters, digits, '-', '_' or '.'.</summary>
    string Name { get; }

    /// <summary>Who pays for the job; fairness is between owners.</summary>
    string Owner { get; }

    /// <summary>Priority among the owner's jobs, -100 to 100; higher runs first.</summary>
    int Priority { get; }

    /// <summary>Seed of everything that is drawn at random, 0 or more.</summary>
    long Seed { get; }

    /// <summary>The base model.</summary>
    ModelReference Model { get; }

    /// <summary>What its owner wants to find the job by.</summary>
    IReadOnlyDictionary<string, string> Metadata { get; }
}
