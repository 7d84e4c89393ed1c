using System.Diagnostics.CodeAnalysis;

// All code of this room but Hosting is engine code: no lock, no blocking wait, no hop to the thread pool, no clock (BannedSymbols.Engines.txt; tests/House looks
// for `lock`). Who is excepted stands here, by name and with the reason, and nowhere else.

[assembly: SuppressMessage("Engine", "RS0030", Scope = "namespaceanddescendants", Target = "~N:Sluice.ProtocolWorkers.Hosting", Justification = "Start, stop and health of the service, on the thread pool.")]
