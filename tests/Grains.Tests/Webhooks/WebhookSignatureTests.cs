using System.Text;
using OrleansOneShot.Grains.Webhooks;

namespace OrleansOneShot.Grains.Tests.Webhooks;

public sealed class WebhookSignatureTests
{
    // The example of the format's own documentation.
    private const string Secret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    [Fact]
    public void Sign_PublishedExample_GivesThePublishedSignature() =>
        Assert.Equal(
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            WebhookSignature.Sign(
                Convert.FromBase64String(Secret),
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1614265330,
                Encoding.UTF8.GetBytes("""{"test": 2432232314}""")
            )
        );

    [Fact]
    public void Tell_Secret_HasThePrefix() => Assert.Equal("whsec_" + Secret, WebhookSignature.Tell(Convert.FromBase64String(Secret)));
}
