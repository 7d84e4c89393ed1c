using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sluice.Frames.Links;

/// <summary>What two processes tell each other before they share memory: one line of JSON each way (docs/links.md).</summary>
/// <remarks>
/// <code>
/// listener:   {"sluice":1,"room":"kafka-cache","instance":0,"host":"h","pid":42,"engines":2,"bells":["…","…"]}
/// connector:  {"sluice":1,"room":"protocol-workers","instance":0,"host":"h","pid":41,"engines":2,"bells":["…","…"],"rings":"…","ringBytes":1048576,"epoch":7}
/// listener:   {"sluice":1,"isReady":true}      or      {"sluice":1,"refusal":"…"}
/// </code>
/// </remarks>
internal sealed class LinkHello
{
    /// <summary>Version of frames, rings and hand-shake together: raised when any of their bytes change.</summary>
    public const int ProtocolVersion = 1;

    /// <summary>Longest line, in bytes: room for 64 engines with long paths.</summary>
    private const int LineBytesMax = 64 * 1024;

    /// <summary>Longest name of a room; it is printed and kept.</summary>
    private const int RoomCharsMax = 64;

    /// <summary>Most engines a process may announce (config-core §2.1 rule 2).</summary>
    private const int EnginesMax = 64;

    [JsonPropertyName("sluice")]
    public int Version { get; set; }

    [JsonPropertyName("room")]
    public string Room { get; set; } = "";

    [JsonPropertyName("instance")]
    public int Instance { get; set; }

    [JsonPropertyName("host")]
    public string Host { get; set; } = "";

    [JsonPropertyName("pid")]
    public int ProcessId { get; set; }

    [JsonPropertyName("engines")]
    public int Engines { get; set; }

    [JsonPropertyName("bells")]
    public string[] Bells { get; set; } = [];

    [JsonPropertyName("rings")]
    public string? Rings { get; set; }

    [JsonPropertyName("ringBytes")]
    public int RingBytes { get; set; }

    /// <summary>Which opening of the link this is, from 1: every ring in the file says the same.</summary>
    [JsonPropertyName("epoch")]
    public long Epoch { get; set; }

    /// <summary>A visitor that only wants to look: it is told of the links and goes.</summary>
    [JsonPropertyName("attach")]
    public bool IsVisit { get; set; }

    [JsonPropertyName("links")]
    public LinkDescription[]? Links { get; set; }

    [JsonPropertyName("isReady")]
    public bool IsReady { get; set; }

    [JsonPropertyName("refusal")]
    public string? Refusal { get; set; }

    [JsonIgnore]
    public long Key => LinkPeer.KeyOf(Room, Host, Instance);

    /// <summary>Why this hello cannot be the start of a link; null when it can.</summary>
    /// <param name="runDirectory">Bells elsewhere are not rung: a bell is a byte written to whatever the name means.</param>
    public string? Objection(string runDirectory)
    {
        if (VersionObjection() is { } objection)
        {
            return objection;
        }

        return Room is not { Length: > 0 and <= RoomCharsMax } ? $"has no room's name of 1 to {RoomCharsMax} characters"
            : Engines is < 1 or > EnginesMax || Bells?.Length != Engines ? $"announces {Engines} engines with {Bells?.Length ?? 0} doorbells; from 1 to {EnginesMax}, one bell each"
            : !Array.TrueForAll(Bells, bell => RunFile.IsIn(runDirectory, bell, ".bell")) ? $"names a doorbell outside of the run directory {runDirectory}"
            : null;
    }

    /// <summary>Why the rings of a connector cannot be mapped; null when they can.</summary>
    public string? RingObjection(string runDirectory) =>
        Epoch <= 0 ? "names no epoch" : Rings is null ? "announces no ring file" : !RunFile.IsIn(RingFiles.Folder(runDirectory), Rings, ".ring") ? "names a ring file in another place than ring files are" : null;

    /// <summary>The part of <see cref="Objection"/> that holds for visitors too.</summary>
    public string? VersionObjection() =>
        Version == ProtocolVersion ? null : $"speaks link protocol {Version}, this process speaks {ProtocolVersion}: run the same release everywhere";

    public async Task SendAsync(Socket socket, CancellationToken cancellation)
    {
        byte[] line = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this, LinkHelloJson.Default.LinkHello) + "\n");
        await socket.SendAsync(line, cancellation).ConfigureAwait(false);
    }

    /// <summary>Reads one line.</summary>
    /// <exception cref="IOException">The peer left, or sent no such line.</exception>
    public static async Task<LinkHello> ReceiveAsync(Socket socket, CancellationToken cancellation)
    {
        byte[] buffer = new byte[4096];
        int filled = 0;
        while (true)
        {
            int received = await socket.ReceiveAsync(buffer.AsMemory(filled, 1), cancellation).ConfigureAwait(false);
            if (received == 0)
            {
                throw filled == 0 ? new EndOfStreamException("the peer closed the socket without a word") : new IOException("the peer closed the socket during the hand-shake");
            }

            if (buffer[filled] == (byte)'\n')
            {
                break;
            }

            if (++filled == buffer.Length)
            {
                if (filled >= LineBytesMax)
                {
                    throw new IOException($"the peer's hello is longer than {LineBytesMax} bytes");
                }

                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }

        try
        {
            return JsonSerializer.Deserialize(buffer.AsSpan(0, filled), LinkHelloJson.Default.LinkHello) ?? throw new IOException("the peer's hello is empty");
        }
        catch (JsonException exception)
        {
            throw new IOException($"the peer's hello is no JSON: {exception.Message}", exception);
        }
    }
}

/// <summary>Where the rings of one link are, for a visitor (docs/links.md).</summary>
internal sealed class LinkDescription
{
    [JsonPropertyName("room")]
    public string Room { get; set; } = "";

    [JsonPropertyName("instance")]
    public int Instance { get; set; }

    [JsonPropertyName("pid")]
    public int ProcessId { get; set; }

    /// <summary>Engines of the peer, which is the link's connector.</summary>
    [JsonPropertyName("engines")]
    public int Engines { get; set; }

    [JsonPropertyName("rings")]
    public string Rings { get; set; } = "";

    [JsonPropertyName("ringBytes")]
    public int RingBytes { get; set; }

    [JsonPropertyName("epoch")]
    public long Epoch { get; set; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(LinkHello))]
internal sealed partial class LinkHelloJson : JsonSerializerContext;
