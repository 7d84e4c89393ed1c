using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>Turns HTTP requests into Kafka records and Kafka records into HTTP responses (config-kafka §4).</summary>
/// <remarks>
/// One per engine, on that engine's thread. A request meets the first route that matches; the route's <c>with</c> opens a merged kafka
/// stream to its exit, and an exchange carries bytes between the two. No route: the engine refuses, the client sees 404.
/// </remarks>
public sealed class HttpKafkaBinding : IBinding
{
    private readonly HttpKafkaOptions _options;

    /// <summary>Puts the options to work.</summary>
    public HttpKafkaBinding(FrameEngine engine, HttpKafkaOptions options)
    {
        Engine = engine;
        _options = options;
    }

    /// <summary>The engine this instance works on.</summary>
    public FrameEngine Engine { get; }

    internal long Id => _options.Id;

    internal int ProduceTimeoutMs => _options.ProduceTimeoutMs;

    internal RequestScratch Scratch { get; } = new();

    /// <inheritdoc/>
    public StreamHandler? Accept(in BeginFrame begin)
    {
        if (!HttpEx.TryRead(begin.Extension, out HttpEx http))
        {
            return null;
        }

        var request = new HttpRequest(http.Headers, _options.IdempotencyHeader, Scratch);
        foreach (HttpKafkaRoute route in _options.Routes)
        {
            if (route.Matches(ref request))
            {
                return route.With.Accept(this, route, ref request, begin);
            }
        }

        return null;
    }
}
