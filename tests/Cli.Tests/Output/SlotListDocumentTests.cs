using OrleansOneShot.Cli.Output;
using OrleansOneShot.Documents.Cluster;

namespace OrleansOneShot.Cli.Tests.Output;

public sealed class SlotListDocumentTests
{
    [Fact]
    public void ToJson_ASlotThatIsWithheld_HasAllItsFields() =>
        Assert.Contains(
            """{"silo":"sick","slot":1,"device":"cpu","memory_bytes":1073741824,"state":"withheld","job":null,"epoch":null,"reason":"its disk is full"}""",
            DocumentWriter.ToJson(new SlotListDocument([new SlotDocument("sick", 1, "cpu", 1L << 30, "withheld", null, null, "its disk is full")])),
            StringComparison.Ordinal
        );
}
