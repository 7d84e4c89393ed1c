using Sluice.Catalog.Registries;

namespace Sluice.Catalog.Tests.Registries;

/// <summary>Ids of inline schemas.</summary>
public sealed class InlineCatalogTests
{
    // The check value of CRC-32C: RFC 3720 appendix B.4 and every catalogue of CRCs.
    [Fact]
    public void An_id_is_the_crc32c_of_the_text() => Assert.Equal(unchecked((int)0xE3069283), InlineCatalog.IdOf("123456789"));
}
