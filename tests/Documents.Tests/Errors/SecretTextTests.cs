using System.Text.Json;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Documents.Tests.Errors;

public sealed class SecretTextTests
{
    private const string Secret = "s3cr3t";

    /// <summary>Every form in which a secret stands in or beside an address.</summary>
    public static TheoryData<string> Forms =>
        [
            "http://user:s3cr3t@host",
            "https://s3cr3t@host/path",
            "redis://:s3cr3t@host",
            "redis://user:s3cr3t@host:6379/0",
            "rediss://user:x@s3cr3t@host",
            "redis://user:a/s3cr3t@host",
            "redis://user:a?s3cr3t@host",
            "redis://user:a#s3cr3t@host",
            "redis://user:s3cr3t%40x@host",
            "redis://user%3As3cr3t%40host",
            "http%3A%2F%2Fuser%3As3cr3t%40host",
            "redis://user@host?password=s3cr3t",
            "redis://host?password=s3cr3t",
            "redis://host:6379?a=b&Password=a,s3cr3t",
            "host:6379,password=s3cr3t,ssl=True",
            "host:6379,user=x,PASSWORD=a=s3cr3t",
            "https://account.blob.core.windows.net/c?sv=2024&sig=s3cr3t%2B%3D",
            "https://host/x?access_token=s3cr3t",
            "https://host/x?token=s3cr3t",
            "https://host/x?a=1&key=s3cr3t",
            "https://host/?api_key=s3cr3t",
            "https://host/x?X-Amz-Signature=s3cr3t&X-Amz-Credential=s3cr3t",
            "https://host/?password%3Ds3cr3t",
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=s3cr3t==;EndpointSuffix=core.windows.net",
            "BlobEndpoint=https://a.blob.core.windows.net;SharedAccessSignature=sv=1&sig=s3cr3t",
            "Endpoint=sb://x/;SharedAccessKeyName=root;SharedAccessKey=s3cr3t",
            "pwd=s3cr3t",
            "client_secret=s3cr3t",
            "Authorization: Bearer s3cr3t",
            "bearer s3cr3t",
            "whsec_s3cr3t+/=",
            "whsec%5Fs3cr3t",
        ];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Scrub_SecretInAnyForm_IsHidden(string text)
    {
        Assert.DoesNotContain(Secret, SecretText.Scrub($"The library says '{text}' (at {text}): \"{text}\"\nno."), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, SecretText.ShowAddress(text) ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void ErrorDetail_SecretInItsSentences_IsHidden(string text)
    {
        var detail = new ErrorDetail(ErrorCodes.Failed, $"{text} failed.", "cluster", $"Look at {text}.");
        Assert.DoesNotContain(Secret, detail.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, new OneShotException(detail).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, JsonSerializer.Serialize(detail), StringComparison.Ordinal);
        Assert.Equal(detail, JsonSerializer.Deserialize<ErrorDetail>(JsonSerializer.Serialize(detail)));
    }

    [Theory]
    [InlineData("Redis at redis.local:6379 does not answer.")]
    [InlineData("Check redis://127.0.0.1:6379/3 and https://account.blob.core.windows.net/oneshot, then write to a@b.c.")]
    [InlineData("Give each object a token= of its own: mask=FILE,class=NAME,token=<name> or class=cat,token=cat.")]
    [InlineData("It must look like DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...;EndpointSuffix=core.windows.net.")]
    [InlineData("The prompt holds a secret garden, a key, a password and the bearer of news?")]
    [InlineData("")]
    [InlineData(null)]
    public void Scrub_NothingSecret_IsLeftAlone(string? text) => Assert.Equal(text, SecretText.Scrub(text));

    [Fact]
    public void Scrub_RememberedSecret_IsHiddenWhereverItStands()
    {
        SecretText.Remember("pa ss/w\u00f6rd+1");
        Assert.Equal("a *** b *** c", SecretText.Scrub("a pa ss/w\u00f6rd+1 b pa%20ss%2Fw%C3%B6rd%2B1 c"));
    }

    [Fact]
    public void Remember_ShortWord_HidesNothing()
    {
        SecretText.Remember("cat");
        SecretText.Remember(null);
        Assert.Equal("a cat", SecretText.Scrub("a cat"));
    }

    [Theory]
    [InlineData("redis://host", "redis://host")]
    [InlineData("rediss://10.0.0.1:6379", "rediss://10.0.0.1:6379")]
    [InlineData("http://[::1]:80/x", "http://[::1]:80/...")]
    [InlineData("https://host/a/b?c#d", "https://host/...")]
    [InlineData("https://host/", "https://host")]
    [InlineData("localhost:6379", null)]
    [InlineData("hunter2", null)]
    [InlineData("redis://ho%73t", null)]
    [InlineData("redis://a:b", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void ShowAddress_Text_ShowsSchemeHostAndPort(string? text, string? shown) => Assert.Equal(shown, SecretText.ShowAddress(text));

    [Theory]
    [InlineData("host", "host")]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("[::1]", "[::1]")]
    [InlineData("redis://:pw@host", "***")]
    [InlineData("user%3Apw%40host", "***")]
    public void ShowHost_Text_ShowsHostsAlone(string text, string shown) => Assert.Equal(shown, SecretText.ShowHost(text));
}
