using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Silo.Engine;

/// <summary>Turns Compute's errors into those of the contracts.</summary>
internal static class EngineErrors
{
    /// <summary>Calls Compute.</summary>
    /// <param name="call">The call.</param>
    /// <exception cref="OneShotException">Compute refused its input, or a loss is no number.</exception>
    public static T Translate<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (InvalidInputException e)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, e.Message, e.Field, e.Hint), e);
        }
        catch (NotFiniteNumberException e)
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.Failed, $"{e.Message} All weights of the model are numbers, so it overflows.", "precision", "Use --precision fp32."),
                e
            );
        }
        catch (ArithmeticException e)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.Failed, e.Message, "lr", "Use a smaller --lr, or --precision fp32."), e);
        }
    }
}
