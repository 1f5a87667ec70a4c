using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>Kinds of devices: jobs are given out by kind, and take the memory of one kind; which of several of a kind is the slot's business.</summary>
internal static class DeviceKind
{
    /// <summary>The processor, whose memory is the machine's.</summary>
    public const string Cpu = "cpu";

    /// <summary>A GPU, whose memory is its own.</summary>
    public const string Cuda = "cuda";

    /// <summary>The kind of a slot's device.</summary>
    /// <param name="slot">The slot.</param>
    /// <returns>"cpu" or "cuda".</returns>
    public static string Of(SlotAnnouncement slot) => slot.Device.Split(':')[0];

    /// <summary>The kind that a job asks for.</summary>
    /// <param name="request">The job's request.</param>
    /// <returns>"cpu" or "cuda"; null: any will do.</returns>
    public static string? Of(IJobRequest request) =>
        request is not ImplantationRequest { Training.Device: var device } ? null
        : device == Cpu ? Cpu
        : device.StartsWith(Cuda, StringComparison.Ordinal) ? Cuda
        : null;
}
