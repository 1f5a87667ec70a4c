using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Tests.Models;

/// <summary>Keeps the outputs of modules inside a model, as the goldens' <c>hook.*</c> were made.</summary>
internal sealed class ModuleHooks
{
    private readonly Dictionary<string, Module> _modules;

    public ModuleHooks(Module root) => _modules = root.named_modules().ToDictionary(m => m.name, m => m.module);

    public Dictionary<string, Tensor> Outputs { get; } = [];

    public void Attach(string name)
    {
        switch (_modules[name])
        {
            case Module<Tensor, Tensor> m:
                m.register_forward_hook((_, _, output) => Keep(name, output));
                break;
            case Module<Tensor, int, Tensor> m:
                m.register_forward_hook((_, _, _, output) => Keep(name, output));
                break;
            case Module<Tensor, Tensor, Tensor> m:
                m.register_forward_hook((_, _, _, output) => Keep(name, output));
                break;
            case Module<Tensor, Tensor, Tensor, Tensor> m:
                m.register_forward_hook((_, _, _, _, output) => Keep(name, output));
                break;
            case Module<Tensor, Tensor, Tensor, Stack<Tensor>, Tensor> m:
                m.register_forward_hook((_, _, _, _, _, output) => Keep(name, output));
                break;
            case var other:
                throw new NotSupportedException($"No hook for {other.GetType().Name}.");
        }
    }

    // A copy: the model may overwrite an activation in place once it has been read.
    private Tensor Keep(string name, Tensor output)
    {
        Outputs[name] = output.detach().clone().DetachFromDisposeScope();
        return output;
    }
}
