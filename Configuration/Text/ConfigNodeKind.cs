namespace Sluice.Configuration.Text;

/// <summary>What a node of the configuration tree is, after the YAML 1.2 core schema.</summary>
public enum ConfigNodeKind
{
    /// <summary>Nothing: <c>key:</c>, <c>~</c> or <c>null</c>.</summary>
    Null,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary>A whole number that fits 64 bits.</summary>
    WholeNumber,

    /// <summary>Any other number.</summary>
    Number,

    /// <summary>Text, quoted or plain.</summary>
    Text,

    /// <summary>A list.</summary>
    List,

    /// <summary>A map of text keys; it keeps the order of the file.</summary>
    Map,
}
