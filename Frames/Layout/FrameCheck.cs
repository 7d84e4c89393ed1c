using System.Buffers.Binary;

namespace Sluice.Frames;

/// <summary>Says whether a record's own lengths hold together, before any view reads it. Records come from another process.</summary>
internal static class FrameCheck
{
    public static bool IsSound(ReadOnlySpan<byte> record)
    {
        if (record.Length < FrameLayout.Header)
        {
            return false;
        }

        switch ((FrameType)BinaryPrimitives.ReadInt32LittleEndian(record[FrameLayout.Type..]))
        {
            case FrameType.Begin:
                return record.Length >= FrameLayout.BeginExtension;
            case FrameType.Data:
                return IsSoundData(record);
            case FrameType.End or FrameType.Flush:
                return record.Length >= FrameLayout.EndExtension && BinaryPrimitives.ReadInt32LittleEndian(record[FrameLayout.Reserved..]) >= 0;
            case FrameType.Abort or FrameType.Reset or FrameType.Challenge:
                return true;
            case FrameType.Window:
                return record.Length >= FrameLayout.WindowBytes
                    && BinaryPrimitives.ReadInt32LittleEndian(record[FrameLayout.WindowPadding..]) >= 0
                    && BinaryPrimitives.ReadInt32LittleEndian(record[FrameLayout.Maximum..]) >= 0;
            default:
                return false;
        }
    }

    private static bool IsSoundData(ReadOnlySpan<byte> record)
    {
        if (record.Length < FrameLayout.DataExtension)
        {
            return false;
        }

        int payload = BinaryPrimitives.ReadInt32LittleEndian(record[FrameLayout.DataPayloadBytes..]);
        int extension = BinaryPrimitives.ReadInt32LittleEndian(record[FrameLayout.DataExtensionBytes..]);
        int reserved = BinaryPrimitives.ReadInt32LittleEndian(record[FrameLayout.Reserved..]);
        return payload is >= -1 and <= FrameLayout.PayloadBytesMax
            && extension is >= 0 and <= FrameLayout.ExtensionBytesMax
            && reserved >= Math.Max(0, payload)
            && record.Length == FrameLayout.DataExtension + extension + Math.Max(0, payload);
    }
}
