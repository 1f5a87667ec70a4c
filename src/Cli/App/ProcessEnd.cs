using OrleansOneShot.Cli.App.Systems;
using OrleansOneShot.Common;

namespace OrleansOneShot.Cli.App;

/// <summary>Ends the process, also while native work that can't be stopped still runs in it.</summary>
internal static class ProcessEnd
{
    /// <summary>Ends at once where work was left to itself: native libraries would be unloaded under its feet. Otherwise the runtime ends as usual.</summary>
    /// <param name="code">The exit code.</param>
    /// <returns>The same code.</returns>
    public static int With(int code)
    {
        if (LoneWork.IsAnyLeft)
        {
            Console.Out.Flush();
            Console.Error.Flush();
            ProcessSystem.Current.EndAtOnce(code);
        }

        return code;
    }
}
