using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Documents.Tests.Keys;

public sealed class ApiKeyTests
{
    private static readonly string s_secret = new('s', ApiKey.ShortestSecret);

    [Fact]
    public void Create_Key_IsReadBackWithItsIdAndHash()
    {
        var made = ApiKey.Create();
        Assert.Matches("^os1_[0-9a-z]{12}_[0-9A-Za-z]{43}$", made.Text);
        Assert.True(ApiKey.TryParse(made.Text, out var read));
        Assert.Equal((made.Text, made.Id), (read.Text, read.Id));
        Assert.Equal(made.SecretHash.ToArray(), read.SecretHash.ToArray());
        Assert.Equal(SHA256.HashData(Encoding.ASCII.GetBytes(made.Text.Split('_')[2])), made.SecretHash.ToArray());
    }

    [Fact]
    public void Create_ManyKeys_ShareNothing()
    {
        var keys = Enumerable.Range(0, 1000).Select(_ => ApiKey.Create()).ToList();
        Assert.Equal(1000, keys.Select(key => key.Id).Distinct().Count());
        Assert.Equal(1000, keys.Select(key => key.Text.Split('_')[2]).Distinct().Count());
        // Every sign that a secret may hold does turn up in 43,000 of them.
        Assert.Equal(62, keys.SelectMany(key => key.Text.Split('_')[2]).Distinct().Count());
    }

    public static TheoryData<string> Keys =>
        [
            $"os1_a_{s_secret}",
            $"os1_{new string('Z', ApiKey.LongestId)}_{new string('9', ApiKey.LongestSecret)}",
            $"os1_first_{Convert.ToHexStringLower(new byte[32])}",
        ];

    [Theory]
    [MemberData(nameof(Keys))]
    public void TryParse_KeyAtTheLimits_IsRead(string text)
    {
        Assert.True(ApiKey.TryParse(text, out var key));
        Assert.Equal(text, key.Text);
    }

    [Fact]
    public void TryParse_Null_IsNone() => Assert.False(ApiKey.TryParse(null, out _));

    public static TheoryData<string> Others =>
        [
            "",
            "os1_",
            "os1__" + s_secret,
            "os1_a_",
            "os1_a",
            $"os1_a_{s_secret[1..]}",
            $"os1_a_{new string('s', ApiKey.LongestSecret + 1)}",
            $"os1_{new string('a', ApiKey.LongestId + 1)}_{s_secret}",
            $"OS1_a_{s_secret}",
            $"os2_a_{s_secret}",
            $" os1_a_{s_secret}",
            $"os1_a_{s_secret} ",
            $"os1_a_{s_secret}\n",
            $"os1_a_{s_secret}_",
            $"os1_a_b_{s_secret}",
            $"os1_ä_{s_secret}",
            $"os1_a-b_{s_secret}",
            $"os1_a_{s_secret}-",
            $"os1_a_{s_secret}ä",
            $"os1_a_{new string('\u0660', ApiKey.ShortestSecret)}",
            $"Bearer os1_a_{s_secret}",
            new string('_', 1_000_000),
        ];

    [Theory]
    [MemberData(nameof(Others))]
    public void TryParse_AnythingElse_IsNone(string text)
    {
        Assert.False(ApiKey.TryParse(text, out var key));
        Assert.Null(key);
    }

    [Fact]
    public void LongestText_IsThatOfTheLongestKey() =>
        Assert.Equal(ApiKey.LongestText, $"{ApiKey.Prefix}{new string('a', ApiKey.LongestId)}_{new string('s', ApiKey.LongestSecret)}".Length);

    [Fact]
    public void ToString_ShowsNoSecret()
    {
        var made = ApiKey.Create();
        Assert.Equal($"os1_{made.Id}_***", made.ToString());
        var key = new KeyDocument
        {
            Id = made.Id,
            Name = "n",
            Owner = "ann",
            Scopes = KeyScopes.All,
            Created = default,
        };
        Assert.Equal($"key {made.Id} of ann", new NewKey(key, made.Text).ToString());
    }

    [Fact]
    public void Scrub_Key_IsHiddenWhereverItStands()
    {
        var made = ApiKey.Create();
        var secret = made.Text.Split('_')[2];
        Assert.Equal($"The key '{made}' is no good.", SecretText.Scrub($"The key '{made.Text}' is no good."));
        foreach (
            var text in new[]
            {
                made.Text,
                $"Authorization: Bearer {made.Text}",
                $"x{made.Text}x",
                $"https://host/?k={made.Text}&a=b",
                Uri.EscapeDataString($"<{made.Text}>"),
                made.Text.Replace("_", "%5F", StringComparison.Ordinal),
                made.Text.ToUpperInvariant(),
                made.Text[..^1],
                $"{{\"secret\":\"{made.Text}\"}}",
                $"os1_{made.Id}_+/{secret}",
            }
        )
        {
            Assert.DoesNotContain(secret[..40], SecretText.Scrub(text), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(secret[..40], new ErrorDetail(ErrorCodes.Failed, text).Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("os1_$ID")]
    [InlineData("echo os1_first_$(openssl rand -hex 32)")]
    [InlineData("pos1_tion")]
    public void Scrub_FormOfAKey_IsLeftAlone(string text)
    {
        Assert.Equal(text, SecretText.Scrub(text));
        Assert.Equal(ApiKey.Form, SecretText.Scrub(ApiKey.Form));
    }
}
