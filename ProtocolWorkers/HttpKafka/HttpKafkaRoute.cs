using System.Text;
using Sluice.Configuration.Patterns;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>Which requests go which way (config-kafka §4.2).</summary>
/// <param name="When">Any of them suffices; none matches everything.</param>
/// <param name="With">What becomes of the request.</param>
/// <param name="ExitId">The kafka binding it goes to.</param>
internal sealed record HttpKafkaRoute(IReadOnlyList<RouteCondition> When, IRouteWith With, long ExitId)
{
    public bool Matches(ref HttpRequest request)
    {
        foreach (RouteCondition condition in When)
        {
            if (condition.Matches(ref request))
            {
                return true;
            }
        }

        return When.Count == 0;
    }
}

/// <summary>One entry of <c>when</c>: what is given must match.</summary>
internal sealed record RouteCondition(WildcardPattern? Method, PathPattern? Path)
{
    private const int MethodCharsMax = 64; // Registered methods have at most 16; a longer one matches no pattern but a missing one.

    public bool Matches(ref HttpRequest request) => MatchesMethod(request.Method) && (Path is null || request.MatchesPath(Path));

    private bool MatchesMethod(ReadOnlySpan<byte> method)
    {
        if (Method is null)
        {
            return true;
        }

        Span<char> text = stackalloc char[MethodCharsMax];
        return method.Length <= MethodCharsMax && Method.IsMatch(text[..Encoding.ASCII.GetChars(method, text)]);
    }
}

/// <summary>What a route does with a request: <c>capability: produce</c> or <c>fetch</c>. The method of the request does not decide that.</summary>
internal interface IRouteWith
{
    /// <summary>Opens the kafka stream that answers the request, and returns the handler of the request's own.</summary>
    Sluice.Frames.StreamHandler Accept(HttpKafkaBinding binding, HttpKafkaRoute route, ref HttpRequest request, in Sluice.Frames.BeginFrame begin);
}
