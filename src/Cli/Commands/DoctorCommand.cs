using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Diagnosis;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Libtorch;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot doctor</c>: checks this machine.</summary>
internal sealed class DoctorCommand : OneShotCommand
{
    private readonly DataOption _data = new();

    private readonly Option<bool> _findPyTorch = new("--find-pytorch")
    {
        Description = $"Also asks python3 for an installed PyTorch, whose libtorch can be used instead of the program's own: {LibtorchFolder.Variable}=DIR.",
    };

    public DoctorCommand(CliStreams streams)
        : base(
            "doctor",
            "Checks this machine: native libraries, devices, threads, speed, models, storage.",
            streams,
            "oneshot doctor",
            "oneshot doctor --format json",
            "oneshot doctor --find-pytorch"
        )
    {
        Options.Add(_data);
        Options.Add(_findPyTorch);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var data = _data.Resolve(parsed);
        List<CheckDocument> checks = await LoneWork.RunAsync<List<CheckDocument>>(
            () =>
                [
                    MachineCheck.Processor(),
                    MachineCheck.Memory(),
                    .. TorchCheck.All(parsed.GetValue(_findPyTorch)),
                    MachineCheck.Images(),
                    MachineCheck.Masks(),
                    .. StorageCheck.All(data),
                    .. ModelCheck.All(data),
                ],
            context.Interrupt
        );
        return CheckText.Write(context, checks);
    }
}
