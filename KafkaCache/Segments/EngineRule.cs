using System.Diagnostics.CodeAnalysis;

// The read side of this library is engine code: no lock, no blocking wait, no hop to the thread pool, no clock (BannedSymbols.Engines.txt; tests/House looks
// for `lock`). Who is excepted stands here, by name and with the reason, and nowhere else.

[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.KafkaCache.Segments.CacheDirectory", Justification = "Names directories of runs by the wall clock, at start.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.KafkaCache.Segments.PartitionWriter", Justification = "The fetch thread's; ages of segments are in milliseconds of its own clock.")]
