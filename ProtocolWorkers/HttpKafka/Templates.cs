using System.Text;
using Sluice.Configuration.Expressions;
using Sluice.Configuration.Text;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>A header name, in the case of the configuration, and its value.</summary>
internal sealed record HeaderTemplate(string Name, ExpressionTemplate Value);

/// <summary>A topic's name; encoded once when it is literal, as it mostly is.</summary>
internal sealed class TopicTemplate(ExpressionTemplate template)
{
    private readonly byte[]? _literal = template.IsLiteral ? Encoding.UTF8.GetBytes(template.Text) : null;

    public static TopicTemplate Read(ConfigNode topic) => new(ExpressionTemplate.Parse(topic.Text));

    public ReadOnlySpan<byte> For(ref HttpRequest request)
    {
        if (_literal is not null)
        {
            return _literal;
        }

        ReadOnlySpan<char> text = request.Text(template);
        var bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
