using Sluice.Cli;

return SluiceCommand.Create().Parse(args).Invoke();
