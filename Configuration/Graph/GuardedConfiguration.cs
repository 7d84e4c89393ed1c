namespace Sluice.Configuration.Graph;

/// <summary>One condition of <c>guarded</c>: the session is authorised by this guard and holds every role (config-core §1.4).</summary>
/// <param name="Guard">The guard, as <c>namespace:name</c>. One that does not exist never authorises.</param>
/// <param name="Roles">The roles asked for, in order; may be empty.</param>
public sealed record GuardedConfiguration(string Guard, IReadOnlyList<string> Roles);
