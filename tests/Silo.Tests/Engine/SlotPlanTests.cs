using OrleansOneShot.Silo.Engine;

namespace OrleansOneShot.Silo.Tests.Engine;

public sealed class SlotPlanTests
{
    private const long Gib = 1L << 30;

    [Theory]
    [InlineData(null, 0, "0 cpu 14")]
    [InlineData(2, 0, "0 cpu 7, 1 cpu 7")]
    [InlineData(0, 0, "")]
    [InlineData(null, 2, "0 cuda:0 80, 1 cuda:1 81")]
    [InlineData(1, 2, "0 cuda:0 80")]
    [InlineData(4, 2, "0 cuda:0 80, 1 cuda:1 81, 2 cpu 7, 3 cpu 7")]
    public void Create_Machine_GivesItsSlots(int? wanted, int gpus, string expected) =>
        Assert.Equal(
            expected,
            string.Join(", ", SlotPlan.Create(new Machine(gpus, 16 * Gib), wanted).Select(slot => $"{slot.Slot} {slot.Device} {slot.MemoryBytes / Gib}"))
        );

    [Fact]
    public void Create_LargeMachine_ReservesNoMoreThanTwoGibibytes() =>
        Assert.Equal(126 * Gib, Assert.Single(SlotPlan.Create(new Machine(0, 128 * Gib), null)).MemoryBytes);

    [Fact]
    public void Create_NoSlotsWanted_LeavesTheMachineAlone() => Assert.Empty(SlotPlan.Create(new Broken(), 0));

    private sealed class Machine(int gpus, long memory) : IDeviceProbe
    {
        public IReadOnlyList<(string Name, long MemoryBytes)> Gpus() => [.. Enumerable.Range(0, gpus).Select(index => ($"cuda:{index}", (80 + index) * Gib))];

        public long Memory() => memory;
    }

    private sealed class Broken : IDeviceProbe
    {
        public IReadOnlyList<(string Name, long MemoryBytes)> Gpus() => throw new InvalidOperationException();

        public long Memory() => throw new InvalidOperationException();
    }
}
