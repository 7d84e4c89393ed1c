using System.Globalization;
using System.Text;
using Sluice.EmbeddedKafka.Log;

namespace Sluice.EmbeddedKafka;

/// <summary>Gives out producer ids, each once in the life of a data directory.</summary>
/// <remarks>Ids are reserved on disk a thousand at a time; a crash loses the rest of a thousand, never gives one twice.</remarks>
internal sealed class ProducerIds
{
    private const int BlockSize = 1000;

    private readonly Lock _gate = new();
    private readonly string _path;
    private long _next;
    private long _reserved;

    public ProducerIds(string directory)
    {
        _path = Path.Combine(directory, "producer-ids");
        if (File.Exists(_path) && long.TryParse(File.ReadAllText(_path), NumberStyles.None, CultureInfo.InvariantCulture, out long reserved))
        {
            _next = _reserved = reserved;
        }
    }

    public long Next()
    {
        lock (_gate)
        {
            if (_next == _reserved)
            {
                long reserved = _reserved + BlockSize;
                AtomicFile.Write(_path, Encoding.ASCII.GetBytes(reserved.ToString(CultureInfo.InvariantCulture)));
                _reserved = reserved;
            }

            return _next++;
        }
    }
}
