using OrleansOneShot.Common.Systems;

namespace OrleansOneShot.Common.Tests.Systems;

public sealed class WindowsNamesTests
{
    [Theory]
    [InlineData("con", true)]
    [InlineData("NUL.safetensors", true)]
    [InlineData("aux.tar.gz", true)]
    [InlineData("Prn .txt", true)]
    [InlineData("com1", true)]
    [InlineData("LPT9.json", true)]
    [InlineData("com", false)]
    [InlineData("com10", false)]
    [InlineData("comx", false)]
    [InlineData("console", false)]
    [InlineData("a.con", false)]
    [InlineData("cat", false)]
    [InlineData("", false)]
    [InlineData(".con", false)]
    public void IsDevice_Name_IsKnownWhateverItsEndingAndCase(string name, bool expected) => Assert.Equal(expected, WindowsNames.IsDevice(name));
}
