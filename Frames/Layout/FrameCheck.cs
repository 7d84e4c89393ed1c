using System.Buffers.Binary;
using Sluice.Frames.Links;

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
            case FrameType.Source:
                return bytes > FrameLayout.SourcePath && bytes <= FrameLayout.SourcePath + SourceMaps.PathBytesMax && Int32(fields, FrameLayout.Detail) > 0;
            case FrameType.SourceMapped:
                return bytes == FrameLayout.SourceMappedBytes && Int32(fields, FrameLayout.Detail) > 0;
            case FrameType.SourceGone:
                return bytes == FrameLayout.Header && Int32(fields, FrameLayout.Detail) > 0;
            default:
                return false; // SIGNAL too: it never leaves its engine.
        }
    }

    /// <summary>The same for a frame of budgets, on stream 0: its length has been found right for its type.</summary>
    public static bool IsSoundOfBudget(in FrameHeader header) => header.Type switch
    {
        FrameType.Flush => header.Int32(FrameLayout.Reserved) > 0,
        FrameType.End => header.Int32(FrameLayout.Reserved) == 0,
        FrameType.Window => header.Acknowledge >= 0 && header.Int32(FrameLayout.WindowMinimum) <= header.Maximum,
        _ => false,
    };

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
            && (Int32(fields, FrameLayout.DataSource) == 0
                ? bytes == FrameLayout.DataExtension + extension + Math.Max(0, payload)
                : IsSoundReference(fields, payload) && bytes == FrameLayout.ReferenceExtension + extension);
    }

    // Whether the file reaches so far is for the link end to say, which knows it.
    private static bool IsSoundReference(ReadOnlySpan<byte> fields, int payload) =>
        payload > 0 && Int32(fields, FrameLayout.DataSource) > 0
        && fields.Length >= FrameLayout.ReferenceExtension && BinaryPrimitives.ReadInt64LittleEndian(fields[FrameLayout.DataPosition..]) >= 0;

    private static int Int32(ReadOnlySpan<byte> fields, int offset) => BinaryPrimitives.ReadInt32LittleEndian(fields[offset..]);
}
