using System.Text;
using Sluice.Configuration.Expressions;
using Sluice.Configuration.Patterns;
using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>A request as routes and templates see it; lives while it is being accepted.</summary>
internal ref struct HttpRequest : IExpressionValues
{
    private readonly RequestScratch _scratch;
    private readonly ReadOnlySpan<byte> _idempotencyHeader;
    private PathPattern? _pattern;
    private string? _idempotencyKey;

    public HttpRequest(HeaderList headers, ReadOnlySpan<byte> idempotencyHeader, RequestScratch scratch)
    {
        _scratch = scratch;
        _idempotencyHeader = idempotencyHeader;
        Headers = headers;
        headers.TryGet(":method"u8, out ReadOnlySpan<byte> method);
        headers.TryGet(":path"u8, out ReadOnlySpan<byte> path);
        Method = method;
        Path = scratch.Decode(path);
    }

    /// <summary>All headers, pseudo headers included.</summary>
    public HeaderList Headers { get; }

    /// <summary>For instance <c>GET</c>.</summary>
    public ReadOnlySpan<byte> Method { get; }

    /// <summary>The request target: the query is part of it, nothing is unescaped or normalised (config-kafka §3.2 rule 2).</summary>
    public ReadOnlySpan<char> Path { get; }

    /// <summary>Matches the path and keeps what the pattern's names captured, for <c>${params.name}</c>.</summary>
    public bool MatchesPath(PathPattern pattern)
    {
        if (!pattern.TryMatch(Path, _scratch.Captures))
        {
            return false;
        }

        _pattern = pattern;
        return true;
    }

    /// <summary>The last value of a header: a repeated request header counts once (config-kafka §4.3 rule 1).</summary>
    public readonly bool TryGetLast(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        bool isFound = false;
        value = default;
        foreach (Header header in Headers)
        {
            if (header.Name.SequenceEqual(name))
            {
                isFound = true;
                value = header.Value;
            }
        }

        return isFound;
    }

    /// <summary>A template's text for this request; valid until the next call.</summary>
    public ReadOnlySpan<char> Text(ExpressionTemplate template)
    {
        if (template.IsLiteral)
        {
            return template.Text;
        }

        return template.TryExpand(ref this, _scratch.Expanded, out int length)
            ? _scratch.Expanded.AsSpan(0, length)
            : template.Expand(ref this);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<char> ValueOf(in ExpressionSegment segment) => segment.Kind switch
    {
        ExpressionKinds.Param => Param(segment.Name),
        ExpressionKinds.IdempotencyKey => _idempotencyKey ??= ReadIdempotencyKey(),
        _ => default, // A guard's session: empty text as long as there is none (config-kafka §3.2 rule 3).
    };

    private readonly ReadOnlySpan<char> Param(string name)
    {
        int index = _pattern?.IndexOf(name) ?? -1;
        return index < 0 ? default : Path[_scratch.Captures[index]];
    }

    private readonly string ReadIdempotencyKey() =>
        TryGetLast(_idempotencyHeader, out ReadOnlySpan<byte> value) ? Encoding.UTF8.GetString(value) : Guid.NewGuid().ToString();
}

/// <summary>Buffers that one binding uses for one request after the other.</summary>
internal sealed class RequestScratch
{
    private char[] _path = new char[2048];

    /// <summary>What the path pattern's names captured.</summary>
    public Range[] Captures { get; } = new Range[PathPattern.GapsMax];

    /// <summary>Room for one expanded template: a longer one takes a string of its own.</summary>
    public char[] Expanded { get; } = new char[2048];

    /// <summary>Room for a request's filters.</summary>
    public byte[] Filters { get; } = new byte[32 * 1024];

    /// <summary>Room for a progress vector and one entry for all other partitions.</summary>
    public PartitionOffset[] Starts { get; } = new PartitionOffset[Encodings.ProgressVector.PartitionsMax + 1];

    /// <summary>The path as text, valid until the next request.</summary>
    public ReadOnlySpan<char> Decode(ReadOnlySpan<byte> path)
    {
        if (path.Length > _path.Length)
        {
            _path = new char[path.Length]; // UTF-8 never has more characters than bytes.
        }

        return _path.AsSpan(0, Encoding.UTF8.GetChars(path, _path));
    }
}
