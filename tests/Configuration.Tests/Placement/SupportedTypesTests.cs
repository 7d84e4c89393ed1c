using Sluice.Configuration.Placement;
using Sluice.Configuration.Schema;

namespace Sluice.Configuration.Tests.Placement;

/// <summary>The table of what this version runs must fit the rest of the library.</summary>
public sealed class SupportedTypesTests
{
    [Fact]
    public void Every_supported_kind_has_a_schema_and_every_schema_a_room()
    {
        foreach (string name in BindingTypes.Names())
        {
            foreach (string kind in BindingTypes.KindsOf(name))
            {
                BindingType type = BindingTypes.Find(name, kind)!;
                bool supported = Enum.GetValues<Room>().Any(room => SupportedTypes.Has(type, room));
                Assert.True(supported == BindingSchemas.Of(type) is not null, $"{type}: supported {supported}, but not so its schema");
            }
        }
    }
}
