using BenchmarkDotNet.Attributes;
using Sluice.Frames.Extensions;

namespace Sluice.Bench.Micro.Extensions;

/// <summary>Metadata of one record and of one request, written and read.</summary>
public class ExtensionMicro
{
    private readonly byte[] _buffer = new byte[4096];
    private byte[] _http = [];
    private byte[] _kafka = [];

    [GlobalSetup]
    public void Setup()
    {
        _http = _buffer.AsSpan(0, WriteHttp()).ToArray();
        _kafka = _buffer.AsSpan(0, WriteKafka()).ToArray();
    }

    [Benchmark]
    public int WriteHttp()
    {
        ExtensionWriter writer = HttpEx.Write(_buffer);
        writer.AddHeader(":method", "PUT");
        writer.AddHeader(":scheme", "http");
        writer.AddHeader(":authority", "localhost:7114");
        writer.AddHeader(":path", "/items/5cf7a1d5-3772-49ef-86e7-ba6f2c7d7d07");
        writer.AddHeader("content-type", "application/json");
        writer.AddHeader("idempotency-key", "1");
        writer.CloseHeaders();
        return writer.Position;
    }

    [Benchmark]
    public int ReadHttp()
    {
        HttpEx.TryRead(_http, out HttpEx http);
        int bytes = 0;
        foreach (Header header in http.Headers)
        {
            bytes += header.Name.Length + header.Value.Length;
        }

        return bytes;
    }

    [Benchmark]
    public bool FindHeader()
    {
        HttpEx.TryRead(_http, out HttpEx http);
        return http.Headers.TryGet("content-type"u8, out _);
    }

    [Benchmark]
    public int WriteKafka()
    {
        ExtensionWriter writer = KafkaDataEx.WriteProduce(_buffer, partition: 1, timestampMs: 1_700_000_000_000, valueBytes: 512);
        writer.WriteBytes("5cf7a1d5-3772-49ef-86e7-ba6f2c7d7d07"u8);
        writer.OpenHeaders();
        writer.AddHeader("content-type", "application/json");
        writer.CloseHeaders();
        return writer.Position;
    }

    [Benchmark]
    public int ReadKafka()
    {
        KafkaDataEx.TryRead(_kafka, out KafkaDataEx data);
        return data.Key.Length + data.Headers.Count + data.ValueBytes;
    }
}
