using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client.Keys;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot keys</c>: who may call the HTTP interface.</summary>
internal sealed class KeysCommand : Command
{
    public KeysCommand(CliStreams streams)
        : base("keys", "Makes, lists and ends keys of the HTTP interface.")
    {
        Add(new KeysAddCommand(streams));
        Add(new KeysListCommand(streams));
        Add(new KeysRevokeCommand(streams));
        Add(new KeysRotateCommand(streams));
    }
}

/// <summary><c>oneshot keys add</c>.</summary>
internal sealed class KeysAddCommand : OneShotCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "What the key is called, such as the program that calls with it." };

    private readonly Option<string> _owner = new("--owner")
    {
        HelpName = "OWNER",
        Description = "Whose jobs and uploads are made with it. Default: the key's name.",
    };

    private readonly Option<string[]> _scopes = new("--scopes")
    {
        HelpName = "SCOPES",
        AllowMultipleArgumentsPerToken = true,
        Description = $"What it allows, of {string.Join(", ", KeyScopes.All)}. Default: {KeyScopes.JobsRead} {KeyScopes.JobsWrite}.",
    };

    private readonly Option<DateTimeOffset?> _expires = new("--expires")
    {
        HelpName = "DATE",
        Description = "From when on it is refused, such as 2027-01-31. Default: never.",
        CustomParser = Parse,
    };

    private readonly SessionOptions _session = new(server: true);

    public KeysAddCommand(CliStreams streams)
        : base(
            "add",
            "Makes a key and shows it, once.",
            streams,
            "oneshot keys add notebook > key",
            "oneshot keys add shop --owner shop --scopes jobs:read jobs:write --expires 2027-01-31",
            "oneshot keys add operator --scopes admin cluster:read --cluster redis://127.0.0.1:6379",
            "oneshot keys add website --owner shop --server https://oneshot.example.org --key-file admin-key > key"
        )
    {
        Arguments.Add(_name);
        this.Add(_owner, _scopes, _expires);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var name = parsed.GetRequiredValue(_name);
        var scopes = parsed.GetValue(_scopes) is { Length: > 0 } wanted
            ? [.. wanted.SelectMany(scope => scope.Split(','))]
            : (string[])[KeyScopes.JobsRead, KeyScopes.JobsWrite];
        var key = new KeyRequest
        {
            Owner = parsed.GetValue(_owner) ?? name,
            Name = name,
            Scopes = [.. scopes],
            Expires = parsed.GetValue(_expires),
        };
        var made = await Look.ApiAsync(_session.Resolve(parsed), client => client.Keys.CreateAsync(key, context.Interrupt), context.Interrupt);
        KeyText.WriteNew(context, made);
        return ExitCode.Done;
    }

    private static DateTimeOffset? Parse(ArgumentResult result)
    {
        if (DateTimeOffset.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
        {
            return date.ToUniversalTime();
        }

        result.AddError($"--expires must be a date such as 2027-01-31, but is '{result.Tokens[0].Value}'.");
        return null;
    }
}

/// <summary><c>oneshot keys list</c>.</summary>
internal sealed class KeysListCommand : OneShotCommand
{
    private readonly SessionOptions _session = new(server: true);

    public KeysListCommand(CliStreams streams)
        : base(
            "list",
            "Lists keys, oldest first; never their secrets.",
            streams,
            "oneshot keys list",
            "oneshot keys list --server https://oneshot.example.org --key-file admin-key"
        )
    {
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var keys = await Look.ApiAsync(_session.Resolve(parsed), client => client.Keys.ListAsync(context.Interrupt), context.Interrupt);
        if (context.Json)
        {
            context.Write(new KeyListDocument(keys));
            return ExitCode.Done;
        }

        foreach (var key in keys)
        {
            context.Streams.Output.WriteLine(KeyText.Line(key, DateTimeOffset.UtcNow));
        }

        context.Say(keys.Length == 0 ? "There are no keys. Make one with: oneshot keys add NAME" : "");
        return ExitCode.Done;
    }
}

/// <summary><c>oneshot keys revoke</c>.</summary>
internal sealed class KeysRevokeCommand : OneShotCommand
{
    private readonly KeyArgument _id = new();

    private readonly SessionOptions _session = new(server: true);

    public KeysRevokeCommand(CliStreams streams)
        : base(
            "revoke",
            "Ends a key for good.",
            streams,
            "oneshot keys revoke 3k9f0q2m1x7z",
            "oneshot keys revoke 3k9f0q2m1x7z --server https://oneshot.example.org --key-file admin-key"
        )
    {
        Arguments.Add(_id);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var id = parsed.GetRequiredValue(_id);
        var key = await Look.ApiAsync(_session.Resolve(parsed), client => RevokeAsync(client.Keys, id, context.Interrupt), context.Interrupt);
        if (context.Json)
        {
            context.Write(key);
        }

        context.Say($"Key {key.Id} of {key.Owner} is revoked.");
        return ExitCode.Done;
    }

    private static async Task<KeyDocument> RevokeAsync(IOneShotKeys keys, string id, CancellationToken cancellationToken)
    {
        // Looked at before: a key that ends itself could not ask any more.
        var known = (await keys.ListAsync(cancellationToken)).FirstOrDefault(key => key.Id == id);
        await keys.RevokeAsync(id, cancellationToken);
        return known is null
            ? throw new OneShotException(new ErrorDetail(ErrorCodes.NotFound, $"There is no key {id}.", "id"))
            : known with
            {
                Revoked = known.Revoked ?? DateTimeOffset.UtcNow,
            };
    }
}

/// <summary><c>oneshot keys rotate</c>.</summary>
internal sealed class KeysRotateCommand : OneShotCommand
{
    private readonly KeyArgument _id = new();

    private readonly Option<long?> _grace = NumberOptions.Whole(
        "--grace-hours",
        0,
        24 * 365,
        "How long the old key is still accepted. Default: until it is revoked."
    );

    private readonly SessionOptions _session = new(server: true);

    public KeysRotateCommand(CliStreams streams)
        : base(
            "rotate",
            "Makes a key like another one, and shows it, once.",
            streams,
            "oneshot keys rotate 3k9f0q2m1x7z --grace-hours 24 > key",
            "oneshot keys rotate 3k9f0q2m1x7z --server https://oneshot.example.org --key-file admin-key > key"
        )
    {
        Arguments.Add(_id);
        Options.Add(_grace);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var id = parsed.GetRequiredValue(_id);
        TimeSpan? grace = parsed.GetValue(_grace) is { } hours ? TimeSpan.FromHours(hours) : null;
        var made = await Look.ApiAsync(_session.Resolve(parsed), client => client.Keys.RotateAsync(id, grace, context.Interrupt), context.Interrupt);
        KeyText.WriteNew(context, made);
        return ExitCode.Done;
    }
}
