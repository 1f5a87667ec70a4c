using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Webhooks;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Tests.Webhooks;

public sealed class WebhookRulesTests
{
    [Theory]
    [InlineData("https://example.com")]
    [InlineData("https://example.com:8443/a/b?c=d%20e")]
    [InlineData("http://10.0.0.1/hooks")]
    [InlineData("https://[2001:db8::1]/")]
    [InlineData("https://b\u00fccher.example/")]
    public void Find_GoodAddress_FindsNothing(string url) => Assert.Empty(WebhookRules.Find(new WebhookRequest { Url = url, Description = "mine" }));

    [Theory]
    [InlineData(null, "url is empty; give the address of the receiver, such as https://example.com/hooks.")]
    [InlineData("", "url is empty; give the address of the receiver, such as https://example.com/hooks.")]
    [InlineData("example.com/hooks", "url is no web address; write it like https://example.com/hooks.")]
    [InlineData("/hooks", "url is no web address; write it like https://example.com/hooks.")]
    [InlineData("ftp://example.com/", "url is no web address; write it like https://example.com/hooks.")]
    [InlineData("file:///etc/passwd", "url is no web address; write it like https://example.com/hooks.")]
    [InlineData("https://", "url is no web address; write it like https://example.com/hooks.")]
    [InlineData("https://ann:s3cr3t@example.com/", "url holds a user or password; leave them out: messages are signed.")]
    [InlineData("https://ann@example.com/", "url holds a user or password; leave them out: messages are signed.")]
    [InlineData("https://example.com/#part", "url holds a fragment, which is never sent; leave # and what follows out.")]
    [InlineData("https://example.com/a b", "url holds white space or control characters; encode them.")]
    [InlineData("https://example.com/\r\nHost: x", "url holds white space or control characters; encode them.")]
    public void Find_BadAddress_SaysWhatToGive(string? url, string message) =>
        Assert.Equal([new SettingProblem("url", message)], WebhookRules.Find(new WebhookRequest { Url = url! }));

    [Fact]
    public void Find_EverythingWrong_NamesEachField() =>
        Assert.Equal(
            [
                new SettingProblem("url", "url has 2020 characters; at most 2000 are allowed."),
                new SettingProblem(
                    "events[1]",
                    "events[1] is 'all'; use one of implantation.succeeded, implantation.failed, implantation.cancelled, "
                        + "generation.succeeded, generation.failed, generation.cancelled."
                ),
                new SettingProblem("events[2]", "events[2] names implantation.failed again; leave it out."),
                new SettingProblem("description", "description has 201 characters; at most 200 are allowed."),
            ],
            WebhookRules.Find(
                new WebhookRequest
                {
                    Url = "https://example.com/" + new string('a', 2000),
                    Events = [WebhookEvents.Failed, "all", WebhookEvents.Failed],
                    Description = new string('a', 201),
                }
            )
        );

    [Fact]
    public void Find_NoOrTooManyEvents_SaysWhatThereIs()
    {
        Assert.Equal(
            "events is empty; name one or more of implantation.succeeded, implantation.failed, implantation.cancelled, generation.succeeded, "
                + "generation.failed, generation.cancelled, or leave it out for all.",
            Assert.Single(WebhookRules.Find(new WebhookRequest { Url = "https://example.com", Events = [] })).Message
        );
        Assert.Equal(
            "events names 7; name each of implantation.succeeded, implantation.failed, implantation.cancelled, "
                + "generation.succeeded, generation.failed, generation.cancelled once at most.",
            Assert
                .Single(WebhookRules.Find(new WebhookRequest { Url = "https://example.com", Events = [.. Enumerable.Repeat(WebhookEvents.Failed, 7)] }))
                .Message
        );
    }

    [Fact]
    public void Of_States_NamesEndsAlone()
    {
        Assert.Equal(
            [null, null, null, null, null, null, WebhookEvents.Succeeded, WebhookEvents.Failed, WebhookEvents.Cancelled],
            Enum.GetValues<JobState>().Select(state => WebhookEvents.Of(JobKind.Implantation, state))
        );
        Assert.Equal(
            [WebhookEvents.GenerationSucceeded, WebhookEvents.GenerationFailed, WebhookEvents.GenerationCancelled],
            Enum.GetValues<JobState>().Select(state => WebhookEvents.Of(JobKind.Generation, state)).OfType<string>()
        );
    }

    [Fact]
    public void ToString_OfWhatHoldsSecrets_ShowsNone()
    {
        var webhook = new WebhookDocument
        {
            Id = "wh_1",
            Url = "https://example.com/s3cr3t",
            Events = WebhookEvents.All,
            Created = DateTimeOffset.UnixEpoch,
        };
        Assert.Equal("WebhookDocument { Id = wh_1, Url = https://example.com/... }", webhook.ToString());
        Assert.Equal("webhook wh_1", new NewWebhook(webhook, "whsec_x").ToString());
        Assert.Equal("WebhookRequest { Url = https://example.com/... }", new WebhookRequest { Url = webhook.Url }.ToString());
    }
}
