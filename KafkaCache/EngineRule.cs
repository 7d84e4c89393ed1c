using System.Diagnostics.CodeAnalysis;

// All code of this room but Hosting is engine code: no lock, no blocking wait, no hop to the thread pool, no clock (BannedSymbols.Engines.txt; tests/House looks
// for `lock`). Who is excepted stands here, by name and with the reason, and nowhere else.

[assembly: SuppressMessage("Engine", "RS0030", Scope = "namespaceanddescendants", Target = "~N:Sluice.KafkaCache.Hosting", Justification = "Start, stop and health of the service, on the thread pool.")]

// The fetch thread and those who ask the broker beside it: engines never wait for them.
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.KafkaCache.Fetch.FetchLoop", Justification = "The fetch thread; it blocks in librdkafka and keeps its own time.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.KafkaCache.Fetch.CachedTopic", Justification = "The fetch thread's, with its time.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.KafkaCache.Fetch.TopicWatch", Justification = "Look-ups one after the other, on the thread pool.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.KafkaCache.Fetch.ConfluentDescriber", Justification = "A look-up blocks in librdkafka, on the thread pool.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.KafkaCache.Fetch.AdminOnDemand", Justification = "Between look-ups on the thread pool.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.KafkaCache.Fetch.ConfluentEnds", Justification = "Ends are asked for on the thread pool; an engine only hears the answer.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.KafkaCache.Fetch.FetchStatus", Justification = "Between the fetch thread and the health page; an engine asks it once when a stream opens.")]

// Shared with engines: held for nanoseconds, when a stream opens, closes or finds the budget used up, never for each frame.
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.KafkaCache.Fetch.TopicFollowers", Justification = "An engine joins or leaves a topic, the fetch thread tells where it is read.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.KafkaCache.Produce.ProduceBudget", Justification = "Taking and giving are without a lock; only the line of those who wait is guarded.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.KafkaCache.Produce.ProducerSet", Justification = "A producer that is there is found without a lock; making and ending one is beside the engines.")]
[assembly: SuppressMessage("Engine", "RS0030", Scope = "type", Target = "~T:Sluice.KafkaCache.Produce.PartitionLane", Justification = "Shared by engines and librdkafka's thread, so it has no engine's clock; its timer only hands over what an engine left. Nobody waits in it.")]
