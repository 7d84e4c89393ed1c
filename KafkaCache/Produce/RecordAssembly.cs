using System.Text;
using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Produce;

/// <summary>Puts a record together from the pieces of its value. One for each stream, used again for each record.</summary>
internal sealed class RecordAssembly
{
    private byte[] _value = [];
    private int _length;
    private bool _isNull;
    private byte[]? _key;
    private List<KeyValuePair<string, byte[]?>>? _headers;
    private long _timestampMs;
    private int _partition;
    private int _announcedBytes;

    /// <summary>True between the first piece and the last.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Bytes of key and headers.</summary>
    public int OverheadBytes { get; private set; }

    /// <summary>What the record takes: the announced length of its value once that is known, else what came so far.</summary>
    public long Bytes => OverheadBytes + (long)Math.Max(_announcedBytes, _length);

    /// <summary>Starts a record.</summary>
    /// <param name="data">What the first piece said of it.</param>
    /// <param name="valueBytesMax">The value is not given more room than this before it comes.</param>
    public void Open(in KafkaDataEx data, long valueBytesMax)
    {
        IsOpen = true;
        _isNull = true; // Until a piece with a payload comes.
        _length = 0;
        _timestampMs = data.TimestampMs;
        _partition = data.Partition;
        _announcedBytes = Math.Max(0, data.ValueBytes);
        _key = data.IsKeyNull ? null : data.Key.ToArray();
        OverheadBytes = data.Key.Length;
        _headers = null;
        foreach (Header header in data.Headers)
        {
            _headers ??= new List<KeyValuePair<string, byte[]?>>(data.Headers.Count);
            _headers.Add(new(Encoding.UTF8.GetString(header.Name), header.IsNull ? null : header.Value.ToArray()));
            OverheadBytes += header.Name.Length + header.Value.Length;
        }

        _value = _announcedBytes > 0 && _announcedBytes <= valueBytesMax ? new byte[_announcedBytes] : [];
    }

    /// <summary>Adds a piece.</summary>
    public void Add(in DataFrame frame)
    {
        if (frame.IsNull)
        {
            return;
        }

        _isNull = false;
        ReadOnlySpan<byte> payload = frame.Payload;
        if (_value.Length - _length < payload.Length)
        {
            // A record in one piece takes its exact size; one of unknown length doubles.
            Array.Resize(ref _value, _length == 0 ? payload.Length : Math.Max(_value.Length * 2, _length + payload.Length));
        }

        payload.CopyTo(_value.AsSpan(_length));
        _length += payload.Length;
    }

    /// <summary>Ends the record and hands it over.</summary>
    public ProducedRecord Close(string topic, int partition)
    {
        byte[] value = _value.Length == _length ? _value : _value[.._length];
        var record = new ProducedRecord(topic, _partition >= 0 ? _partition : partition, _timestampMs, _key, _isNull ? null : value, _headers);
        Drop();
        return record;
    }

    /// <summary>Forgets the record.</summary>
    public void Drop()
    {
        IsOpen = false;
        _value = [];
        _length = 0;
        _announcedBytes = 0;
        OverheadBytes = 0;
        _key = null;
        _headers = null;
    }
}
