using System.Diagnostics.CodeAnalysis;

// All code of this room is engine code: no lock, no blocking wait, no hop to the thread pool, no clock (BannedSymbols.Engines.txt; tests/House looks
// for `lock`). Who is excepted stands here, by name and with the reason, and nowhere else.

// The engine's own workings.
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Frames.EngineClock", Justification = "It is the clock that is read once a turn.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Frames.EngineWatchdog", Justification = "A thread of its own, which waits for engines; they never wait for it.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "member", Target = "~M:Sluice.Frames.EngineThread.Dispose", Justification = "Whoever stops an engine waits for its thread.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "member", Target = "~M:Sluice.Frames.LocalDoorbell.Wait(System.Int32)", Justification = "It is how an engine parks.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "member", Target = "~M:Sluice.Frames.PostQueue.RunClosed", Justification = "The engine has stopped: what is posted then runs on the thread pool.")]

// Start, stop and hand-shakes, on the thread pool; they post to engines.
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Frames.EngineGroup", Justification = "Start and stop of a process's engines; its locks guard the list of links, which engines do not touch.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Frames.Links.LinkConnector", Justification = "Looks for peers and shakes hands off the engines.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Frames.Links.LinkListener", Justification = "Accepts peers and shakes hands off the engines.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Frames.Links.LinkHello", Justification = "The words of the hand-shake, off the engines.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "member", Target = "~M:Sluice.Frames.Links.SharedMemoryLink.RunAsync(System.Threading.CancellationToken)~System.Threading.Tasks.Task", Justification = "Waits for the death notice off the engines and posts it.")]

// Tools and files.
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Frames.Links.SourceMaps", Justification = "Files are opened, mapped and unmapped on the thread pool; what they are for comes back by Post.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Frames.Tracing.CounterFile", Justification = "The wall-clock time of the start, written once.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Frames.Tracing.SuiteTap", Justification = "Runs in the process of `sluice dump`, which has no engines.")]

// Beside the engines.
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.Frames.Memory.MemoryBudget", Justification = "Its lock guards the list of engines, at start and for a log line; taking and giving are without one.")]
