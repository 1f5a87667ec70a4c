namespace OrleansOneShot.Compute.Lora;

/// <summary>Which adapter each row of the batch goes through; shared by all modules of a <see cref="RowAdapters"/>.</summary>
internal sealed class RowAssignment
{
    /// <summary>For each row of the batch the adapter's index, or -1 for the plain layer.</summary>
    public int[] Rows { get; set; } = [];
}
