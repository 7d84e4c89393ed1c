using Confluent.Kafka;

namespace Sluice.KafkaCache.Fetch;

/// <summary>An admin client over another client's connections, there only while somebody asks: its thread looks for answers ten times a second.</summary>
internal sealed class AdminOnDemand(Handle handle) : IDisposable
{
    private const int KeptMs = 2000; // Questions come in bursts.

    private readonly Lock _lock = new();
    private IAdminClient? _admin;
    private Timer? _release;
    private int _uses;

    /// <summary>The client; <see cref="GiveBack"/> it.</summary>
    public IAdminClient Borrow()
    {
        lock (_lock)
        {
            _uses++;
            return _admin ??= new DependentAdminClientBuilder(handle).Build();
        }
    }

    public void GiveBack()
    {
        lock (_lock)
        {
            if (--_uses == 0)
            {
                _release ??= new Timer(_ => Release());
                _release.Change(KeptMs, Timeout.Infinite);
            }
        }
    }

    /// <summary>When nobody asks any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _release?.Dispose();
            _release = null;
        }

        Release();
    }

    private void Release()
    {
        lock (_lock)
        {
            if (_uses == 0)
            {
                _admin?.Dispose();
                _admin = null;
            }
        }
    }
}
