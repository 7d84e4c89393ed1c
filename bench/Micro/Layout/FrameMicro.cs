using BenchmarkDotNet.Attributes;
using Sluice.Frames;

namespace Sluice.Bench.Micro.Layout;

/// <summary>Looking at a record: is it sound, and what does it say.</summary>
public class FrameMicro
{
    private readonly byte[] _record = new byte[FrameLayout.DataExtension + 16 + 512];

    [GlobalSetup]
    public void Setup()
    {
        var record = new RecordWriter(_record);
        record.Int32(FrameLayout.Length, _record.Length);
        record.Int32(FrameLayout.Type, (int)FrameType.Data);
        record.Int64(FrameLayout.StreamId, 7);
        record.Int32(FrameLayout.Reserved, 512);
        record.Int32(FrameLayout.DataPayloadBytes, 512);
        record.Int32(FrameLayout.DataExtensionBytes, 16);
    }

    [Benchmark]
    public bool Check() => FrameCheck.IsSound(_record);

    [Benchmark]
    public long Parse()
    {
        var frame = new DataFrame(new FrameHeader(_record));
        return frame.Header.StreamId + frame.Header.Sequence + frame.Reserved + frame.Payload.Length + frame.Extension.Length + (int)frame.Flags;
    }
}
