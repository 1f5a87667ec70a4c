using System.Collections.Immutable;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Webhooks;

/// <summary>What a webhook may be like. Which hosts it may call is the operator's business, and its grain's.</summary>
public static class WebhookRules
{
    /// <summary>Most webhooks of an owner.</summary>
    public const int MostPerOwner = 16;

    /// <summary>Longest address, in UTF-16 units.</summary>
    public const int LongestUrl = 2000;

    /// <summary>Longest description, in UTF-16 units.</summary>
    public const int LongestDescription = 200;

    /// <summary>Finds what is wrong with a webhook that is to be made.</summary>
    /// <param name="wanted">What it is to be.</param>
    /// <returns>The problems, in the order of the fields.</returns>
    public static IEnumerable<SettingProblem> Find(WebhookRequest wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        return
        [
            .. FindInUrl(wanted.Url),
            .. FindInEvents(wanted.Events),
            .. wanted.Description is null ? [] : RequestValidator.FindInText("description", wanted.Description, LongestDescription),
        ];
    }

    // What stands there is not repeated: it may hold a password.
    private static IEnumerable<SettingProblem> FindInUrl(string? url)
    {
        var problem =
            string.IsNullOrEmpty(url) ? "url is empty; give the address of the receiver, such as https://example.com/hooks."
            : url.Length > LongestUrl ? $"url has {url.Length} characters; at most {LongestUrl} are allowed."
            : url.Any(sign => char.IsControl(sign) || char.IsWhiteSpace(sign)) ? "url holds white space or control characters; encode them."
            : !Uri.TryCreate(url, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp)
                ? "url is no web address; write it like https://example.com/hooks."
            : address.UserInfo.Length > 0 ? "url holds a user or password; leave them out: messages are signed."
            : url.Contains('#', StringComparison.Ordinal) ? "url holds a fragment, which is never sent; leave # and what follows out."
            : address.IdnHost.Length == 0 || Uri.CheckHostName(address.IdnHost) == UriHostNameType.Unknown ? "url names no host that there can be."
            : null;
        return problem is null ? [] : [new SettingProblem("url", problem)];
    }

    private static IEnumerable<SettingProblem> FindInEvents(ImmutableArray<string> events)
    {
        if (events.IsDefaultOrEmpty)
        {
            return [new SettingProblem("events", $"events is empty; name one or more of {Words()}, or leave it out for all.")];
        }

        return events.Length > WebhookEvents.All.Length
            ? [new SettingProblem("events", $"events names {events.Length}; name each of {Words()} once at most.")]
            : events.SelectMany(
                (name, i) =>
                    !WebhookEvents.All.Contains(name)
                        ? [new SettingProblem($"events[{i}]", $"events[{i}] is '{SettingRules.Shown(name)}'; use one of {Words()}.")]
                    : events.IndexOf(name) < i ? new[] { new SettingProblem($"events[{i}]", $"events[{i}] names {name} again; leave it out.") }
                    : []
            );
    }

    private static string Words() => string.Join(", ", WebhookEvents.All);
}
