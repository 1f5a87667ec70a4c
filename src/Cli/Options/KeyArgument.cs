using System.CommandLine;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Cli.Options;

/// <summary>A key's id.</summary>
internal sealed class KeyArgument : Argument<string>
{
    public KeyArgument()
        : base("ID")
    {
        Description = "The key, as keys list names it.";
        Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !ApiKey.IsId(result.Tokens[0].Value))
            {
                // Who gives the whole key by mistake must not read it in the terminal's history twice.
                var shown = ApiKey.TryParse(result.Tokens[0].Value, out var key) ? key.ToString() : result.Tokens[0].Value;
                result.AddError($"'{shown}' can't be the id of a key, which is like 3k9f0q2m1x7z: oneshot keys list shows it.");
            }
        });
    }
}
