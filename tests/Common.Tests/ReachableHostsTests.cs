using System.Net;

namespace OrleansOneShot.Common.Tests;

public sealed class ReachableHostsTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1.")]
    [InlineData("169.254.169.254")]
    [InlineData("10.1.2.3")]
    [InlineData("[::1]")]
    [InlineData("::1")]
    [InlineData("[::ffff:10.0.0.1]")]
    [InlineData("localhost")]
    [InlineData("LOCALHOST.")]
    [InlineData("a.localhost")]
    [InlineData("0")]
    [InlineData("2130706433")]
    [InlineData("0x7f.1")]
    [InlineData("0177.0.0.1")]
    public void RefusesByName_PlainlyNotOfTheInternet_IsTrue(string host) => Assert.True(ReachableHosts.Internet.RefusesByName(host));

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("[2a00:1450::1]")]
    [InlineData("hooks.example.com")]
    [InlineData("localhost.example.com")]
    [InlineData("notlocalhost")]
    public void RefusesByName_OfTheInternetOrToBeLookedUp_IsFalse(string host) => Assert.False(ReachableHosts.Internet.RefusesByName(host));

    [Fact]
    public void Refuses_AddressOfAName_GoesByTheAddress()
    {
        Assert.True(ReachableHosts.Internet.Refuses("hooks.example.com", IPAddress.Parse("10.0.0.1")));
        Assert.True(ReachableHosts.Internet.Refuses("hooks.example.com", IPAddress.Parse("::ffff:169.254.169.254")));
        Assert.False(ReachableHosts.Internet.Refuses("hooks.example.com", IPAddress.Parse("8.8.8.8")));
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.1.2.3", "11.0.0.1")]
    [InlineData("10.0.0.5", "10.0.0.5", "10.0.0.6")]
    [InlineData("10.0.0.5", "::ffff:10.0.0.5", "::ffff:10.0.0.6")]
    [InlineData("::1", "::1", "127.0.0.1")]
    [InlineData("[fd00::1]", "fd00::1", "fd00::2")]
    [InlineData("fd00::/8", "fd12::1", "fe80::1")]
    [InlineData("127.0.0.0/8", "127.9.9.9", "::1")]
    public void Refuses_WithANetwork_LetsThatOneIn(string allowed, string inside, string outside)
    {
        var hosts = Parse(allowed);
        Assert.False(hosts.Refuses("any", IPAddress.Parse(inside)));
        Assert.False(hosts.RefusesByName(inside));
        Assert.True(hosts.AllowsByName(inside));
        // 11.0.0.1 is of the Internet, and needs nobody's leave.
        Assert.Equal(outside != "11.0.0.1", hosts.Refuses("any", IPAddress.Parse(outside)));
        Assert.False(hosts.AllowsByName(outside));
    }

    [Fact]
    public void Refuses_WithAName_LetsThatHostInAtAnyAddress()
    {
        var hosts = Parse("Hooks.Internal", "localhost");
        Assert.True(hosts.AllowsByName("hooks.internal"));
        Assert.True(hosts.AllowsByName("hooks.internal."));
        Assert.False(hosts.Refuses("HOOKS.internal", IPAddress.Parse("10.0.0.1")));
        Assert.False(hosts.RefusesByName("localhost"));
        Assert.True(hosts.Refuses("other.internal", IPAddress.Parse("10.0.0.1")));
        Assert.True(hosts.Refuses("x.hooks.internal", IPAddress.Parse("10.0.0.1")));
        Assert.True(hosts.RefusesByName("10.0.0.1"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.0/33")]
    [InlineData("http://hooks.internal")]
    [InlineData("hooks internal")]
    [InlineData("*")]
    public void TryParse_Unusable_NamesIt(string entry)
    {
        Assert.False(ReachableHosts.TryParse(["10.0.0.0/8", entry], out var hosts, out var unusable));
        Assert.Equal(entry, unusable);
        Assert.True(hosts.RefusesByName("10.0.0.1"));
    }

    private static ReachableHosts Parse(params string[] allowed)
    {
        Assert.True(ReachableHosts.TryParse(allowed, out var hosts, out var unusable), unusable);
        return hosts;
    }
}
