using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Sluice.Edge.Kestrel;

/// <summary>A connection of an engine as Kestrel sees it: a pipe each way, both woken on the engine.</summary>
/// <remarks>
/// Kestrel's parser and the request code run on the engine's thread; Kestrel's timers and its HTTP/2 writer may call
/// <see cref="ConnectionContext.Abort(ConnectionAbortedException)"/> and <see cref="BaseConnectionContext.DisposeAsync"/> from others.
/// </remarks>
internal abstract class EngineConnection : ConnectionContext, IDuplexPipe, IEnginePipeOwner
{
    private readonly CancellationTokenSource _closed = new();
    private string? _connectionId;
    private IDictionary<object, object?>? _items;

    protected EngineConnection(EnginePipes pipes, EndPoint? local, EndPoint? remote)
    {
        Pipes = pipes;
        Input = new EngineInput(pipes, this);
        Output = new EngineOutput(pipes, this);
        Transport = this;
        LocalEndPoint = local;
        RemoteEndPoint = remote;
        ConnectionClosed = _closed.Token;
        Features.Set(this);
    }

    /// <summary>Those of its engine.</summary>
    public EnginePipes Pipes { get; }

    /// <summary>Received bytes, for Kestrel to read.</summary>
    public EngineInput Input { get; }

    /// <summary>What Kestrel writes.</summary>
    public EngineOutput Output { get; }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override string ConnectionId
    {
        get => _connectionId ??= NameConnection();
        set => _connectionId = value;
    }

    public override IDuplexPipe Transport { get; set; }

    PipeReader IDuplexPipe.Input => Input;

    PipeWriter IDuplexPipe.Output => Output;

    public abstract int TrySend(ReadOnlySpan<byte> bytes);

    public abstract void OnQueued();

    public abstract void OnSent();

    public abstract void OnConsumed();

    /// <summary>A name for logs, unique in the process.</summary>
    protected abstract string NameConnection();

    /// <summary>Tells Kestrel that the peer is gone. Engine thread.</summary>
    protected void TellClosed() => EnginePipeScheduler.Run(static state => ((CancellationTokenSource)state!).Cancel(), _closed);

    /// <summary>Kestrel is done with both pipes.</summary>
    protected void CompletePipes()
    {
        Input.Complete();
        Output.Complete();
    }
}
