using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Contracts.Tests.Jobs;

public sealed class SettledRunTests
{
    private static readonly SettledRun s_old = new(new string('a', 64), Precision.Fp32, "as measured");
    private static readonly SettledRun s_new = s_old with { ConfigurationSha256 = new string('c', 64) };

    [Fact]
    public void Agrees_WhatOnlyOneTells_IsNotCompared()
    {
        Assert.True(s_old.Agrees(s_new) && s_new.Agrees(s_old) && s_new.Agrees(s_new));
        Assert.False(s_new.Agrees(s_new with { ConfigurationSha256 = new string('d', 64) }));
        Assert.False(s_old.Agrees(s_new with { ModelSha256 = new string('b', 64) }));
        Assert.False(s_old.Agrees(s_new with { Precision = Precision.Bf16 }));
        Assert.False(s_old.Agrees(s_new with { FanOut = "otherwise" }));
    }

    [Fact]
    public void Completed_LacksAndHas_TakesTheFirstThatTells()
    {
        Assert.Equal(s_new, s_old.Completed(s_new));
        Assert.Equal(s_new, s_new.Completed(s_old));
        Assert.Equal(s_new, s_new.Completed(s_new with { ConfigurationSha256 = new string('d', 64) }));
        Assert.Equal(s_old, s_old.Completed(null));
    }
}
