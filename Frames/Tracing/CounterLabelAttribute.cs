using System.Reflection;

namespace Sluice.Frames.Tracing;

/// <summary>A counter's name in tables and the sentence that explains it.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class CounterLabelAttribute(string label, string sentence) : Attribute
{
    /// <summary>The name, dots between its parts.</summary>
    public string Label { get; } = label;

    /// <summary>What is counted.</summary>
    public string Sentence { get; } = sentence;

    /// <summary>True for one that keeps the largest value: several engines are compared, not added.</summary>
    public bool IsLargest { get; init; }

    /// <summary>All counters of an enum with their labels, in order of their slots. For tools, not for the hot path.</summary>
    public static IReadOnlyList<(TCounter Counter, CounterLabelAttribute Label)> AllOf<TCounter>() where TCounter : struct, Enum =>
        [.. Enum.GetValues<TCounter>().Select(counter => (counter, typeof(TCounter).GetField(counter.ToString())!.GetCustomAttribute<CounterLabelAttribute>()!))];
}
