// Each test starts a suite of processes; one suite at a time is enough for a machine.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]
