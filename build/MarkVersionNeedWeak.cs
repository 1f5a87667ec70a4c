using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Sets VER_FLG_WEAK on one version need of 64-bit little-endian ELF files (section type SHT_GNU_verneed). Files that lack the version, or have it weak, stay
/// untouched.
/// </summary>
public sealed class MarkVersionNeedWeak : Task
{
    private const uint SectionTypeVersionNeeds = 0x6ffffffe;
    private const ushort WeakFlag = 0x2;

    /// <summary>The shared libraries to patch in place.</summary>
    [Required]
    public ITaskItem[] Files { get; set; }

    /// <summary>The version's name, such as GLIBCXX_3.4.32.</summary>
    [Required]
    public string VersionName { get; set; }

    public override bool Execute()
    {
        foreach (var item in Files)
        {
            var path = item.GetMetadata("FullPath");
            var bytes = File.ReadAllBytes(path);
            if (!Patch(bytes))
            {
                continue;
            }

            // The time stamp stays, so that the copy step still sees the file as up to date. Write beside and move: a running process may have the old file
            // mapped.
            var stamp = File.GetLastWriteTimeUtc(path);
            var beside = path + "." + Guid.NewGuid().ToString("N");
            File.WriteAllBytes(beside, bytes);
            File.SetLastWriteTimeUtc(beside, stamp);
            File.Delete(path);
            File.Move(beside, path);
            Log.LogMessage(MessageImportance.Low, "Marked {0} as weak in {1}.", VersionName, path);
        }

        return !Log.HasLoggedErrors;
    }

    private bool Patch(byte[] elf)
    {
        if (elf.Length < 64 || elf[0] != 0x7f || elf[1] != 'E' || elf[2] != 'L' || elf[3] != 'F' || elf[4] != 2 || elf[5] != 1)
        {
            return false;
        }

        var sections = BitConverter.ToInt64(elf, 0x28);
        var entrySize = BitConverter.ToUInt16(elf, 0x3a);
        var count = BitConverter.ToUInt16(elf, 0x3c);
        var changed = false;
        for (var i = 0; i < count; i++)
        {
            var header = sections + ((long)i * entrySize);
            if (BitConverter.ToUInt32(elf, (int)header + 4) != SectionTypeVersionNeeds)
            {
                continue;
            }

            var strings = BitConverter.ToInt64(elf, (int)(sections + ((long)BitConverter.ToUInt32(elf, (int)header + 0x28) * entrySize) + 0x18));
            changed |= PatchSection(elf, BitConverter.ToInt64(elf, (int)header + 0x18), strings);
        }

        return changed;
    }

    private bool PatchSection(byte[] elf, long entry, long strings)
    {
        var changed = false;
        while (true)
        {
            var auxiliaries = BitConverter.ToUInt16(elf, (int)entry + 2);
            var auxiliary = entry + BitConverter.ToUInt32(elf, (int)entry + 8);
            for (var a = 0; a < auxiliaries; a++)
            {
                var flags = BitConverter.ToUInt16(elf, (int)auxiliary + 4);
                var name = ReadString(elf, strings + BitConverter.ToUInt32(elf, (int)auxiliary + 8));
                if (name == VersionName && (flags & WeakFlag) == 0)
                {
                    BitConverter.GetBytes((ushort)(flags | WeakFlag)).CopyTo(elf, (int)auxiliary + 4);
                    changed = true;
                }

                auxiliary += BitConverter.ToUInt32(elf, (int)auxiliary + 12);
            }

            var next = BitConverter.ToUInt32(elf, (int)entry + 12);
            if (next == 0)
            {
                return changed;
            }

            entry += next;
        }
    }

    private static string ReadString(byte[] elf, long offset)
    {
        var end = Array.IndexOf(elf, (byte)0, (int)offset);
        return Encoding.ASCII.GetString(elf, (int)offset, end - (int)offset);
    }
}
