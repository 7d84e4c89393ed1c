using System.Buffers.Binary;
using System.Text;
using Sluice.Frames.Links;
using Sluice.Frames.Memory;

namespace Sluice.Frames;

// Payload by reference (design.md §4, docs/links.md). The sender tells the number and the path of a file; from the answer that it is mapped
// until it tells that the file is gone, DATA on this link may refer to it. All of it travels in the ring, so order says what holds.
public sealed partial class LinkEnd
{
    private enum Told : byte
    {
        Nothing,
        Asked,
        Mapped,
        Refused,
    }

    private struct TheirSource
    {
        public int Number;
        public PayloadSource? Source; // Null while it is being mapped, and when it could not be.
    }

    private Told[] _told = [];
    private TheirSource[] _theirs = [];

    /// <summary>Maps what the peer refers to; null refuses all of it.</summary>
    internal SourceMaps? Maps { get; init; }

    /// <summary>True when DATA may refer to the file now. If the peer does not know of it yet, it is told.</summary>
    internal bool CanRefer(PayloadSource source)
    {
        if (!Peer.IsNear || _isLost || !Engine.Sources.TryUse(source, Engine.NowNs))
        {
            return false;
        }

        if (IsLocal)
        {
            return true;
        }

        _told = _told.Length == 0 ? new Told[SourceTable.SlotCount] : _told;
        ref Told told = ref _told[SourceTable.SlotOf(source.Number)];
        if (told == Told.Nothing)
        {
            told = Tell(source) ? Told.Asked : Told.Refused;
        }

        return told == Told.Mapped;
    }

    /// <summary>The file will not be referred to any more.</summary>
    internal void TellGone(PayloadSource source)
    {
        int slot = SourceTable.SlotOf(source.Number);
        if (_told.Length > 0 && _told[slot] != Told.Nothing)
        {
            _told[slot] = Told.Nothing;
            Commit(ClaimOfLink(FrameType.SourceGone, source.Number, FrameLayout.Header).Span);
        }
    }

    private bool Tell(PayloadSource source)
    {
        int pathBytes = Encoding.UTF8.GetByteCount(source.Path);
        if (pathBytes > SourceMaps.PathBytesMax)
        {
            return false;
        }

        RecordWriter record = ClaimOfLink(FrameType.Source, source.Number, FrameLayout.SourcePath + pathBytes);
        Encoding.UTF8.GetBytes(source.Path, record.Span[FrameLayout.SourcePath..]);
        Commit(record.Span);
        return true;
    }

    // Returns false for what a peer of our version never says.
    private bool TryTakeSourceFrame(in FrameHeader header)
    {
        int number = header.Int32(FrameLayout.Detail);
        return header.Type switch
        {
            FrameType.Source => TryTakeSource(number, Encoding.UTF8.GetString(header.From(FrameLayout.SourcePath))),
            FrameType.SourceGone => TryTakeGone(number),
            _ => TryTakeAnswer(number, header.Int64(FrameLayout.SourceIsMapped) != 0),
        };
    }

    private bool TryTakeSource(int number, string path)
    {
        _theirs = _theirs.Length == 0 ? new TheirSource[SourceTable.SlotCount] : _theirs;
        ref TheirSource theirs = ref _theirs[SourceTable.SlotOf(number)];
        if (theirs.Number != 0)
        {
            return false;
        }

        theirs.Number = number;
        if (Maps is null)
        {
            Answer(number, isMapped: false);
        }
        else
        {
            Maps.Open(path, Engine, source => OnOpened(number, source));
        }

        return true;
    }

    private void OnOpened(int number, PayloadSource? source)
    {
        if (_isLost || _theirs[SourceTable.SlotOf(number)].Number != number)
        {
            source?.Retire(); // The sender let go of it in the meantime.
            return;
        }

        _theirs[SourceTable.SlotOf(number)].Source = source;
        Answer(number, source is not null);
    }

    private void Answer(int number, bool isMapped)
    {
        RecordWriter record = ClaimOfLink(FrameType.SourceMapped, number, FrameLayout.SourceMappedBytes);
        record.Int64(FrameLayout.SourceIsMapped, isMapped ? 1 : 0);
        Commit(record.Span);
    }

    // An answer may be late: then the number is not ours any more.
    private bool TryTakeAnswer(int number, bool isMapped)
    {
        if (Engine.Sources.Find(number) is not null && _told.Length > 0 && _told[SourceTable.SlotOf(number)] == Told.Asked)
        {
            _told[SourceTable.SlotOf(number)] = isMapped ? Told.Mapped : Told.Refused;
        }

        return true;
    }

    private bool TryTakeGone(int number)
    {
        if (_theirs.Length == 0 || _theirs[SourceTable.SlotOf(number)].Number != number)
        {
            return false;
        }

        PayloadSource? source = _theirs[SourceTable.SlotOf(number)].Source;
        _theirs[SourceTable.SlotOf(number)] = default;
        source?.Retire();
        return true;
    }

    private static bool IsReference(ReadOnlySpan<byte> fields) =>
        Int32(fields, FrameLayout.Type) == (int)FrameType.Data && Int32(fields, FrameLayout.DataSource) != 0;

    // False when there is no such file, or it does not reach so far.
    private bool TryFindSource(ReadOnlySpan<byte> fields, out PayloadSource? source)
    {
        int number = Int32(fields, FrameLayout.DataSource);
        int slot = SourceTable.SlotOf(number);
        source = IsLocal ? Engine.Sources.Find(number) : slot < _theirs.Length && _theirs[slot].Number == number ? _theirs[slot].Source : null;
        return source is not null
            && source.Holds(BinaryPrimitives.ReadInt64LittleEndian(fields[FrameLayout.DataPosition..]), Int32(fields, FrameLayout.DataPayloadBytes));
    }

    private static int Int32(ReadOnlySpan<byte> fields, int offset) => BinaryPrimitives.ReadInt32LittleEndian(fields[offset..]);

    // The link is over: nothing more refers to anything.
    private void ForgetSources()
    {
        TheirSource[] theirs = _theirs;
        _theirs = [];
        foreach (TheirSource each in theirs)
        {
            each.Source?.Retire();
        }
    }
}
