using Sluice.Configuration.Graph;

namespace Sluice.Configuration.Tests.Graph;

/// <summary>config-core §1.4.</summary>
public sealed class RouteTests
{
    [Fact]
    public void The_exit_of_the_binding_is_one_more_route_at_the_end_without_conditions()
    {
        BindingConfiguration binding = Loading.Graph(Snippets.Http(
            "routes: [ { when: [ { headers: { x: y } } ], exit: e } ], exit: e")).Find("a:h")!;
        Assert.Single(binding.Routes);
        Assert.Equal(2, binding.EffectiveRoutes.Count);
        Assert.Empty(binding.EffectiveRoutes[1].When);
        Assert.Empty(binding.EffectiveRoutes[1].Guarded);
        Assert.Equal("a:e", binding.EffectiveRoutes[1].Exit!.QualifiedName);
    }

    [Fact]
    public void Routes_and_references_know_their_places()
    {
        BindingConfiguration binding = Loading.Graph(Snippets.Http("routes: [ { exit: e } ]")).Find("a:h")!;
        Assert.Equal("gw.yaml:4:15", binding.Routes[0].Position.ToString());
        Assert.Equal("gw.yaml:4:23", binding.Routes[0].Exit!.Position.ToString());
        Assert.Equal("gw.yaml:3:3", binding.Position.ToString());
    }
}
