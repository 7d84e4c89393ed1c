using System.Buffers.Binary;

namespace Sluice.Frames;

/// <summary>Says whether a record's own lengths hold together, before any view reads it. Records come from another process.</summary>
/// <remarks>What it reads are the fields, which the caller has copied when the other process could still change them.</remarks>
internal static class FrameCheck
{
    public static bool IsSound(ReadOnlySpan<byte> record) => IsSound(record, record.Length);

    /// <param name="fields">The record as far as <see cref="FrameLayout.FieldsBytes"/>, or all of it when it is shorter.</param>
    /// <param name="bytes">Length of the whole record.</param>
    public static bool IsSound(ReadOnlySpan<byte> fields, int bytes)
    {
        if (fields.Length < FrameLayout.Header)
        {
            return false;
        }

        switch ((FrameType)Int32(fields, FrameLayout.Type))
        {
            case FrameType.Begin:
                return bytes >= FrameLayout.BeginExtension && bytes <= FrameLayout.BeginExtension + FrameLayout.ExtensionBytesMax;
            case FrameType.Data:
                return IsSoundData(fields, bytes);
            case FrameType.End or FrameType.Flush:
                return bytes >= FrameLayout.EndExtension && bytes <= FrameLayout.EndExtension + FrameLayout.ExtensionBytesMax
                    && Int32(fields, FrameLayout.Reserved) >= 0;
            case FrameType.Abort or FrameType.Reset or FrameType.Challenge:
                return bytes <= FrameLayout.Header + FrameLayout.ExtensionBytesMax;
            case FrameType.Window:
                return bytes == FrameLayout.WindowBytes
                    && Int32(fields, FrameLayout.WindowPadding) >= 0
                    && Int32(fields, FrameLayout.WindowMinimum) >= 0
                    && Int32(fields, FrameLayout.Maximum) >= 0;
            default:
                return false; // SIGNAL too: it never leaves its engine.
        }
    }

    private static bool IsSoundData(ReadOnlySpan<byte> fields, int bytes)
    {
        if (bytes < FrameLayout.DataExtension)
        {
            return false;
        }

        int payload = Int32(fields, FrameLayout.DataPayloadBytes);
        int extension = Int32(fields, FrameLayout.DataExtensionBytes);
        return payload is >= -1 and <= FrameLayout.PayloadBytesMax
            && extension is >= 0 and <= FrameLayout.ExtensionBytesMax
            && Int32(fields, FrameLayout.Reserved) >= Math.Max(0, payload)
            && bytes == FrameLayout.DataExtension + extension + Math.Max(0, payload);
    }

    private static int Int32(ReadOnlySpan<byte> fields, int offset) => BinaryPrimitives.ReadInt32LittleEndian(fields[offset..]);
}
