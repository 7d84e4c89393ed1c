using System.Net.Sockets;
using Sluice.Frames.Links;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Tracing;

/// <summary>Looks at all shared-memory links of a running suite, read-only: finds them in the run directory, follows new ones, forgets ended ones.</summary>
/// <remarks>One thread. It sees what crosses between processes; frames inside one engine never leave it and are not seen.</remarks>
public sealed class SuiteTap : IDisposable
{
    private const int AnswerMsMax = 2000;

    private readonly string _directory;
    private readonly Dictionary<string, TappedLink> _links = [];
    private readonly List<TappedLink> _ended = [];
    private List<TracedFrame> _newer = [];
    private readonly byte[] _record = new byte[FrameLayout.RecordBytesMax];

    /// <summary>Makes a tap for the links in a run directory; nothing is opened before <see cref="LookAsync"/>.</summary>
    public SuiteTap(string runDirectory) => _directory = runDirectory;

    /// <summary>Links that are watched now.</summary>
    public int LinkCount => _links.Count;

    /// <summary>Those links for people: connector, listener, and which opening of the link it is.</summary>
    public IEnumerable<string> LinkNames => _links.Values.Select(link => link.Name);

    /// <summary>Asks every process for its links, and opens those that are new. Once a second is enough.</summary>
    /// <param name="problems">Gets a line for each process that could not be asked or link that could not be opened.</param>
    /// <param name="cancellation">Ends the look.</param>
    public async Task LookAsync(ICollection<string> problems, CancellationToken cancellation)
    {
        var seen = new HashSet<string>();
        foreach (string path in Directory.Exists(_directory) ? Directory.GetFiles(_directory, "*.sock") : [])
        {
            try
            {
                (LinkHello listener, LinkDescription[] links) = await AskAsync(path, cancellation).ConfigureAwait(false);
                foreach (LinkDescription link in links)
                {
                    string key = $"{link.Rings} {link.ProcessId}";
                    seen.Add(key);
                    if (!_links.ContainsKey(key))
                    {
                        _links.Add(key, new TappedLink(listener, link));
                    }
                }
            }
            catch (SocketException)
            {
                // Nobody listens: left by a process that was killed.
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                problems.Add($"{Path.GetFileName(path)}: {exception.Message}");
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                problems.Add($"{Path.GetFileName(path)} did not answer within {AnswerMsMax} ms");
            }
        }

        foreach (string key in _links.Keys.Where(key => !seen.Contains(key)).ToArray())
        {
            _ended.Add(_links[key]);
            _links.Remove(key);
        }
    }

    /// <summary>Copies what has passed since the last call, in order of time: an answer never comes before its question.</summary>
    /// <remarks>
    /// Rings are read one after the other, so an answer may be found in one whose question reached another just after that was read. Hence
    /// a second look: whatever is older than what the first one found was there by then. What is newer waits for the next call.
    /// </remarks>
    /// <param name="wanted">Binding ids; a frame counts when its origin or its routed id is one of them. Null takes all.</param>
    /// <param name="lostBytes">Bytes missed because the services were quicker than this reader.</param>
    public IReadOnlyList<TracedFrame> Read(IReadOnlySet<long>? wanted, out long lostBytes)
    {
        List<TracedFrame> frames = _newer;
        lostBytes = ReadAll(wanted, frames);
        long newestNs = frames.Count == 0 ? 0 : frames.Max(frame => frame.Header.TimestampNs);
        var second = new List<TracedFrame>();
        lostBytes += ReadAll(wanted, second);
        frames.AddRange(second.Where(frame => frame.Header.TimestampNs <= newestNs));
        _newer = [.. second.Where(frame => frame.Header.TimestampNs > newestNs)];

        foreach (TappedLink link in _ended)
        {
            link.Dispose(); // What its ring still held has just been read.
        }

        _ended.Clear();
        return [.. frames.OrderBy(frame => frame.Header.TimestampNs)]; // Stable: frames of one turn keep their order.
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TappedLink link in _links.Values.Concat(_ended))
        {
            link.Dispose();
        }

        _links.Clear();
        _ended.Clear();
    }

    private long ReadAll(IReadOnlySet<long>? wanted, List<TracedFrame> frames)
    {
        long lost = 0;
        foreach (TappedLink link in _links.Values.Concat(_ended))
        {
            foreach ((TracedWay way, RingTap tap) in link.Taps)
            {
                lost += Read(way, tap, wanted, frames);
            }
        }

        return lost;
    }

    private long Read(TracedWay way, RingTap tap, IReadOnlySet<long>? wanted, List<TracedFrame> frames)
    {
        const int FramesMax = 64 * 1024; // of one ring at a time, so that a quick one cannot keep the others waiting
        long lost = 0;
        for (int i = 0; i < FramesMax && tap.TryRead(_record) is > 0 and int length; i++)
        {
            long lostNow = tap.TakeLost();
            lost += lostNow;
            var record = new ReadOnlySpan<byte>(_record, 0, length);
            if (!FrameCheck.IsSound(record))
            {
                continue;
            }

            var header = new FrameHeader(record);
            if (wanted is null || wanted.Contains(header.OriginId) || wanted.Contains(header.RoutedId))
            {
                frames.Add(new TracedFrame(way, record.ToArray(), lostNow));
            }
        }

        return lost;
    }

    private static async Task<(LinkHello Listener, LinkDescription[] Links)> AskAsync(string path, CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(AnswerMsMax);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), deadline.Token).ConfigureAwait(false);
        LinkHello listener = await LinkHello.ReceiveAsync(socket, deadline.Token).ConfigureAwait(false);
        if (listener.VersionObjection() is { } objection)
        {
            throw new IOException(objection);
        }

        await new LinkHello { Version = LinkHello.ProtocolVersion, ProcessId = Environment.ProcessId, IsVisit = true }.SendAsync(socket, deadline.Token).ConfigureAwait(false);
        LinkHello answer = await LinkHello.ReceiveAsync(socket, deadline.Token).ConfigureAwait(false);
        return answer.IsReady ? (listener, answer.Links ?? []) : throw new IOException(answer.Refusal ?? "refused without a reason");
    }

    private sealed unsafe class TappedLink : IDisposable
    {
        private readonly ReadOnlyMap _file;

        public TappedLink(LinkHello listener, LinkDescription link)
        {
            _file = new ReadOnlyMap(File.OpenHandle(link.Rings, share: FileShare.ReadWrite | FileShare.Delete));
            string back = $"{listener.Room}-{listener.Instance}";
            string front = $"{link.Room}-{link.Instance}";
            Epoch = link.Epoch;
            Name = $"{front} > {back}, epoch {Epoch}";
            int stride = SharedMemoryLink.Stride(link.RingBytes);
            for (int c = 0; c < link.Engines; c++)
            {
                for (int a = 0; a < listener.Engines; a++)
                {
                    long pair = 2L * ((c * listener.Engines) + a) * stride;
                    Add(new TracedWay(front, c, back, a), pair, stride);
                    Add(new TracedWay(back, a, front, c), pair + stride, stride);
                }
            }
        }

        public long Epoch { get; }

        public string Name { get; }

        public List<(TracedWay Way, RingTap Tap)> Taps { get; } = [];

        public void Dispose() => _file.Dispose();

        private void Add(TracedWay way, long offset, int bytes) =>
            Taps.Add((way, (offset + bytes <= _file.Bytes ? RingTap.TryOpen(_file.Start + offset, bytes, Epoch) : null) ?? throw new IOException($"the rings of {way.From} and {way.To} are not of this version, or gone already")));
    }
}
