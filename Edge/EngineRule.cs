using System.Diagnostics.CodeAnalysis;

// All code of this room but Hosting is engine code: no lock, no blocking wait, no hop to the thread pool, no clock (BannedSymbols.Engines.txt; tests/House looks
// for `lock`). Who is excepted stands here, by name and with the reason, and nowhere else.

[assembly: SuppressMessage("Engine", "RS0030", Scope = "namespaceanddescendants", Target = "~N:Sluice.Edge.Hosting", Justification = "Start, stop and health of the service, on the thread pool.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "namespaceanddescendants", Target = "~N:Sluice.Edge.Kestrel", Justification = "Kestrel continues on the pipes' scheduler, which is the engine, and must not see the engine's synchronization context (EnginePipeScheduler).")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Edge.Http.HttpConnection", Justification = "Kestrel continues on the pipes' scheduler, which is the engine, and must not see the engine's synchronization context (EnginePipeScheduler).")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Edge.Http.HttpConnectionStream", Justification = "Kestrel continues on the pipes' scheduler, which is the engine, and must not see the engine's synchronization context (EnginePipeScheduler).")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Edge.Http.HttpExchange", Justification = "Kestrel continues on the pipes' scheduler, which is the engine, and must not see the engine's synchronization context (EnginePipeScheduler).")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Edge.Http.HttpListener", Justification = "Kestrel's accept loop, on the thread pool; it hands connections over and no more.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Edge.Http.HttpServer", Justification = "Start and stop; a connection moves to its engine before it is served.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Edge.Transport.AddressClaim", Justification = "Replicas agree on an address while the service starts.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Edge.Transport.EpollTransport", Justification = "Start and stop of listeners; they accept on engines.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Edge.Transport.StockTransport", Justification = "The accept loop of the .NET sockets, on the thread pool; it posts to engines.")]
